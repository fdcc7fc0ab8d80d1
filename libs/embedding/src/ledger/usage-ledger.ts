import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock, messageOf, type WorkspaceId } from '#kernel';
import type { ProviderName } from '../embedding.js';
import {
  UsageRepository,
  addUsage,
  NO_USAGE,
  type Usage,
  type UsageLine,
  type ModelUsage,
  type UsagePeriod,
} from './usage.js';

/** US dollars for a million tokens, as the providers list them (docs.voyageai.com/docs/pricing, openai.com/api/pricing). */
const LISTED: Readonly<Record<string, number>> = {
  'voyage/voyage-4-large': 0.12,
  'voyage/voyage-4': 0.06,
  'voyage/voyage-4-lite': 0.02,
  'voyage/voyage-3-large': 0.18,
  'voyage/voyage-3.5': 0.06,
  'voyage/voyage-3.5-lite': 0.02,
  'voyage/voyage-code-3': 0.18,
  'voyage/voyage-finance-2': 0.12,
  'voyage/voyage-law-2': 0.12,
  'voyage/rerank-2.5': 0.05,
  'voyage/rerank-2.5-lite': 0.02,
  'openai/text-embedding-3-small': 0.02,
  'openai/text-embedding-3-large': 0.13,
  'openai/text-embedding-ada-002': 0.1,
};

/** What tokens cost. A model without a price costs nothing: those that run here, and those that nobody priced. */
export class PriceTable {
  private readonly prices: ReadonlyMap<string, number>;

  /** @param overrides US dollars for a million tokens by `provider/model` */
  constructor(overrides: Readonly<Record<string, number>> = {}) {
    this.prices = new Map(Object.entries({ ...LISTED, ...overrides }));
  }

  costUsd(provider: string, model: string, tokens: number): number {
    return ((this.prices.get(`${provider}/${model}`) ?? 0) * tokens) / 1_000_000;
  }

  knows(provider: string, model: string): boolean {
    return this.prices.has(`${provider}/${model}`);
  }
}

const FLUSH_EVERY_MS = 5_000;

/**
 * Adds up what embedding costs and saves. Requests write nothing: sums are kept here and written every five seconds,
 * when they are asked for, and when the process stops; a crash loses at most those seconds. While the database is away
 * they are kept.
 */
@Injectable()
export class UsageLedger implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(UsageLedger.name);
  private pending = new Map<string, UsageLine>();
  private writing: Promise<void> = Promise.resolve();
  private interval: NodeJS.Timeout | undefined;
  private isStopping = false;

  constructor(
    private readonly repository: UsageRepository,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.interval = setInterval(() => void this.flushQuietly(), FLUSH_EVERY_MS);
    this.interval.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.interval);
    // What requests that are still under way record from now on is written at once.
    this.isStopping = true;
    await this.flushQuietly();
  }

  async record(
    workspaceId: WorkspaceId,
    model: { readonly provider: ProviderName; readonly model: string },
    usage: Partial<Usage>,
  ): Promise<void> {
    this.add({
      workspaceId,
      provider: model.provider,
      model: model.model,
      day: this.clock.now().toISOString().slice(0, 10),
      ...NO_USAGE,
      ...usage,
    });
    if (this.isStopping) await this.flushQuietly();
  }

  /** Writes what has added up. One write runs at a time. */
  flush(): Promise<void> {
    const written = this.writing.then(() => this.write());
    this.writing = written.catch(() => undefined);
    return written;
  }

  private async write(): Promise<void> {
    if (this.pending.size === 0) return;
    const lines = this.pending;
    this.pending = new Map();
    try {
      // In one order everywhere, so that two processes never wait for each other's rows.
      await this.repository.add([...lines].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, line]) => line));
    } catch (error) {
      for (const line of lines.values()) this.add(line);
      throw error;
    }
  }

  private async flushQuietly(): Promise<void> {
    try {
      await this.flush();
    } catch (error) {
      this.logger.warn(`The usage of embeddings could not be written yet: ${messageOf(error)}`);
    }
  }

  private add(line: UsageLine): void {
    const key = [line.workspaceId, line.provider, line.model, line.day].join('\n');
    this.pending.set(key, { ...line, ...addUsage(this.pending.get(key) ?? NO_USAGE, line) });
  }
}

interface UsageReport extends Usage {
  readonly models: readonly ModelUsage[];
}

@Injectable()
export class UsageService {
  constructor(
    private readonly ledger: UsageLedger,
    private readonly repository: UsageRepository,
  ) {}

  /** Everything that this process did is in it; what others did in the last five seconds may not be. */
  async report(workspaceId: WorkspaceId, period: UsagePeriod): Promise<UsageReport> {
    await this.ledger.flush();
    const models = await this.repository.sum(workspaceId, period);
    return { ...models.map(pickUsage).reduce(addUsage, NO_USAGE), models };
  }
}

function pickUsage({ provider: _provider, model: _model, ...usage }: ModelUsage): Usage {
  return usage;
}
