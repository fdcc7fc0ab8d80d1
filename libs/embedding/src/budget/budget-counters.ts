import type { Clock } from '#kernel';

/** Counters of short windows that all who spend from one budget share. */
export abstract class BudgetCounters {
  /** Adds `by` (negative takes back) and answers the sum. The counter is gone `lifeMs` after its first count. */
  abstract add(name: readonly string[], by: number, lifeMs: number): Promise<number>;
}

/** Counts in this process alone. */
export class LocalBudgetCounters extends BudgetCounters {
  private readonly counters = new Map<string, { sum: number; readonly untilMs: number }>();

  constructor(private readonly clock: Clock) {
    super();
  }

  add(name: readonly string[], by: number, lifeMs: number): Promise<number> {
    const nowMs = this.clock.nowMs();
    const key = JSON.stringify(name);
    let counter = this.counters.get(key);
    if (counter === undefined || counter.untilMs <= nowMs) {
      this.dropExpired(nowMs);
      counter = { sum: 0, untilMs: nowMs + lifeMs };
      this.counters.set(key, counter);
    }
    counter.sum += by;
    return Promise.resolve(counter.sum);
  }

  private dropExpired(nowMs: number): void {
    for (const [key, { untilMs }] of this.counters) if (untilMs <= nowMs) this.counters.delete(key);
  }
}
