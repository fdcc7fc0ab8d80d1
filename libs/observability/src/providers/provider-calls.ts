import { Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { DomainError } from '#kernel';
import { KeepsakeLogger } from '../logging/keepsake-logger.js';
import { LatencyHistogram } from '../metrics/latency-histogram.js';
import { type Labels, ScrapedMetrics } from '../metrics/scraped-metrics.js';
import { measured } from '../timing/spans.js';

/** A call of a model, as it is reported to operators: what was asked of whom, never the texts. */
interface ProviderCall {
  readonly operation: 'embeddings' | 'rerank';
  readonly provider: string;
  readonly model: string;
  /** Texts or documents. */
  readonly items: number;
  /** False for a model of this process: it costs nothing, and its calls are not logged. */
  readonly isRemote: boolean;
}

/** What it came to. */
interface ProviderCosts {
  readonly tokens: number;
  readonly costUsd: number;
}

interface Sums {
  readonly labels: Labels;
  readonly outcomes: Map<string, number>;
  readonly durations: LatencyHistogram;
  tokens: number;
  costUsd: number;
}

/**
 * Every call of a provider goes through here, so that it is counted as time of its request, reported in the log channel
 * `api-costs`, and added to the metrics.
 */
@Injectable()
export class ProviderCalls {
  private readonly log: Logger;
  private readonly sums = new Map<string, Sums>();

  constructor(logger: KeepsakeLogger, metrics: ScrapedMetrics) {
    this.log = logger.channel('api-costs');
    metrics.counter('provider_calls_total', 'Calls of models', () =>
      this.each(({ outcomes }) => [...outcomes].map(([outcome, calls]) => [{ outcome }, calls])),
    );
    metrics.counter('provider_tokens_total', 'Tokens that calls of models took', () =>
      this.each(({ tokens }) => [[{}, tokens]]),
    );
    metrics.counter('provider_cost_usd_total', 'What calls of models cost', () =>
      this.each(({ costUsd }) => [[{}, costUsd]]),
    );
    metrics.histogram('provider_call_duration_seconds', 'Time of a call with its retries', () =>
      [...this.sums.values()].map(({ labels, durations }) => [labels, durations]),
    );
  }

  /** @param costs of an answer; a call that fails is reported as free */
  async run<Answer>(
    call: ProviderCall,
    work: () => Promise<Answer>,
    costs: (answer: Answer) => ProviderCosts,
  ): Promise<Answer> {
    const startedMs = performance.now();
    try {
      const answer = await measured('provider', call.operation, work, () => ({
        'gen_ai.operation.name': call.operation,
        'gen_ai.provider.name': call.provider,
        'gen_ai.request.model': call.model,
      }));
      this.report(call, 'ok', performance.now() - startedMs, costs(answer));
      return answer;
    } catch (error) {
      const outcome = error instanceof DomainError ? error.code : 'error';
      this.report(call, outcome, performance.now() - startedMs, { tokens: 0, costUsd: 0 });
      throw error;
    }
  }

  private report(call: ProviderCall, outcome: string, durationMs: number, { tokens, costUsd }: ProviderCosts): void {
    const { operation, provider, model, items, isRemote } = call;
    const sums = this.sumsOf(call);
    sums.outcomes.set(outcome, (sums.outcomes.get(outcome) ?? 0) + 1);
    sums.durations.observe(durationMs);
    sums.tokens += tokens;
    sums.costUsd += costUsd;
    this.log[!isRemote ? 'debug' : outcome === 'ok' ? 'info' : 'warn'](
      { operation, provider, model, items, tokens, costUsd, durationMs: Math.round(durationMs * 10) / 10, outcome },
      'provider call',
    );
  }

  private sumsOf({ operation, provider, model }: ProviderCall): Sums {
    const key = `${operation} ${provider} ${model}`;
    let sums = this.sums.get(key);
    if (sums === undefined) {
      const labels = { operation, provider, model };
      sums = { labels, outcomes: new Map(), durations: new LatencyHistogram(), tokens: 0, costUsd: 0 };
      this.sums.set(key, sums);
    }
    return sums;
  }

  private *each(
    values: (sums: Sums) => Iterable<readonly [Labels, number]>,
  ): Generator<readonly [labels: Labels, value: number]> {
    for (const sums of this.sums.values())
      for (const [labels, value] of values(sums)) yield [{ ...sums.labels, ...labels }, value];
  }
}
