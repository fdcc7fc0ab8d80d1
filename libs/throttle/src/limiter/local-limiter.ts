import { LRUCache } from 'lru-cache';
import type { RateLimit, RateLimitCharge, RateLimitDecision, RateLimitState } from '../rate-limit.js';
import { decide } from './gcra.js';
import { Limiter, type LimitSubject } from './limiter.js';

/** The least recently used counters go first; whoever used one of them begins with a full limit again. */
const MAX_COUNTERS = 100_000;

/** Counts in this process. Exact here, and here alone. */
export class LocalLimiter extends Limiter {
  private readonly counters: LRUCache<string, number>;

  /** @param nowMs monotonic, in milliseconds; injected so that tests turn it */
  constructor(
    private readonly nowMs: () => number = () => performance.now(),
    readonly maxCounters = MAX_COUNTERS,
  ) {
    super();
    this.counters = new LRUCache({ max: maxCounters });
  }

  /** How many counters are kept; those that are empty again go with the next use of many. */
  get size(): number {
    return this.counters.size;
  }

  async consume(subject: LimitSubject, charges: readonly RateLimitCharge[]): Promise<RateLimitDecision> {
    const now = this.nowMicros();
    const keys = charges.map(({ limit }) => keyOf(subject, limit));
    const { decision, emptyAt } = decide(
      charges,
      keys.map((key) => this.counters.get(key)),
      now,
    );
    if (decision.allowed) keys.forEach((key, index) => this.counters.set(key, emptyAt[index] ?? 0));
    return decision;
  }

  /** Takes over what another limiter has said of these counters, where that is more than is counted here. */
  adopt(subject: LimitSubject, states: readonly RateLimitState[]): void {
    const now = this.nowMicros();
    for (const { limit, resetMs } of states) {
      const key = keyOf(subject, limit);
      const emptyAt = now + resetMs * 1000;
      if (emptyAt > (this.counters.get(key) ?? now)) this.counters.set(key, emptyAt);
    }
  }

  async look(subject: LimitSubject, limits: readonly RateLimit[]): Promise<readonly RateLimitState[]> {
    return decide(
      limits.map((limit) => ({ limit, units: 0 })),
      limits.map((limit) => this.counters.get(keyOf(subject, limit))),
      this.nowMicros(),
    ).decision.states;
  }

  async reset(subject: LimitSubject, limits: readonly RateLimit[]): Promise<void> {
    for (const limit of limits) this.counters.delete(keyOf(subject, limit));
  }

  private nowMicros(): number {
    return Math.floor(this.nowMs() * 1000);
  }
}

/** A name has no space: what follows it can't be taken for another name's. */
function keyOf(subject: LimitSubject, { name, member }: RateLimit): string {
  return member === undefined ? `${name} ${subject}` : `${name}  ${JSON.stringify([subject, member])}`;
}
