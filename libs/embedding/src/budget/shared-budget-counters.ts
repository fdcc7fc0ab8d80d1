import { CacheService } from '#cache';
import type { Clock } from '#kernel';
import { BudgetCounters, LocalBudgetCounters } from './budget-counters.js';

/** Counts in the shared tier, for all processes together; in this process alone while that is away. */
export class SharedBudgetCounters extends BudgetCounters {
  private readonly local: LocalBudgetCounters;

  constructor(
    private readonly cache: CacheService,
    clock: Clock,
  ) {
    super();
    this.local = new LocalBudgetCounters(clock);
  }

  async add(name: readonly string[], by: number, lifeMs: number): Promise<number> {
    return (await this.cache.increment(null, name, by, lifeMs)) ?? this.local.add(name, by, lifeMs);
  }
}
