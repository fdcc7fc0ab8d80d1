import { Injectable } from '@nestjs/common';
import { type Labels, LatencyHistogram, type Reading, ScrapedMetrics } from '#observability';
import { openStates } from './job-record.js';
import { JobRegistry } from './job-registry.js';
import { JobStore } from './job-store.js';

/** How an attempt ended. `failed` is tried again, `dead` is not. */
export type JobOutcome = 'completed' | 'failed' | 'dead' | 'cancelled' | 'given back';

interface Ended {
  readonly labels: Labels;
  readonly durations: LatencyHistogram;
}

/** Jobs as Prometheus sees them: what is in the queue, of all processes; and what this process has done. */
@Injectable()
export class JobMetrics {
  private readonly attempts = new Map<string, Ended>();

  constructor(
    metrics: ScrapedMetrics,
    private readonly store: JobStore,
    private readonly registry: JobRegistry,
  ) {
    metrics.gauge('job_queue_depth', 'Jobs that are not finished, and dead ones (failed)', () => this.depth());
    metrics.gauge('job_queue_oldest_due_seconds', 'How long the job has waited that could run first', async () => [
      [{}, await store.oldestDueSeconds()],
    ]);
    metrics.histogram('job_duration_seconds', 'Time of an attempt, by how it ended', () =>
      [...this.attempts.values()].map(({ labels, durations }) => [labels, durations]),
    );
  }

  ended(name: string, outcome: JobOutcome, durationMs: number): void {
    const key = `${name} ${outcome}`;
    let ended = this.attempts.get(key);
    if (ended === undefined) {
      ended = { labels: { name, outcome: outcome.replace(' ', '-') }, durations: new LatencyHistogram() };
      this.attempts.set(key, ended);
    }
    ended.durations.observe(durationMs);
  }

  /** Also of jobs of which there is none, so that a first dead one is a change. */
  private async depth(): Promise<Reading> {
    const depth = await this.store.depth();
    return this.registry.declared.flatMap(({ name }) =>
      openStates.map((state) => {
        const found = depth.find((one) => one.name === name && one.state === state);
        return [{ name, state }, found?.jobs ?? 0] as const;
      }),
    );
  }
}
