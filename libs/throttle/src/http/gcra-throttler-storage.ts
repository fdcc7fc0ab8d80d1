import type { ThrottlerStorage } from '@nestjs/throttler';
import { Limiter } from '../limiter/limiter.js';

type ThrottlerStorageRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/**
 * Nest's own throttler interface over the limiter, for code that uses it. Times are seconds, as Nest's guard puts them
 * into headers. GCRA knows no block: who is refused may try again as soon as a unit is back.
 */
export class GcraThrottlerStorage implements ThrottlerStorage {
  constructor(private readonly limiter: Limiter) {}

  async increment(
    key: string,
    ttl: number,
    limit: number,
    _blockDuration: number,
    throttlerName: string,
  ): Promise<ThrottlerStorageRecord> {
    const rateLimit = { name: throttlerName, limit, periodMs: ttl };
    const { allowed, states } = await this.limiter.consume(key, [{ limit: rateLimit, units: 1 }]);
    const [{ remaining, resetMs, retryAfterMs } = { remaining: 0, resetMs: 0, retryAfterMs: 0 }] = states;
    return {
      totalHits: allowed ? limit - remaining : limit + 1,
      timeToExpire: Math.ceil(resetMs / 1000),
      isBlocked: !allowed,
      timeToBlockExpire: Math.ceil(retryAfterMs / 1000),
    };
  }
}
