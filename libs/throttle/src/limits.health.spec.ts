import { HealthRegistry } from '#observability';
import { FallbackLimiter } from './limiter/fallback-limiter.js';
import { LocalLimiter } from './limiter/local-limiter.js';
import { LimitsHealth } from './limits.health.js';
import type { RateLimit, RateLimitState } from './rate-limit.js';

class Unsteady extends LocalLimiter {
  isUnavailable = false;

  override look(subject: string, limits: readonly RateLimit[]): Promise<readonly RateLimitState[]> {
    return this.isUnavailable ? Promise.reject(new Error('no answer')) : super.look(subject, limits);
  }
}

describe('the health of the limits', () => {
  it('T65 reports that the shared counters are unavailable, and that they are back, before a request has met it', async () => {
    let nowMs = 1;
    const shared = new Unsteady(() => nowMs);
    const limiter = new FallbackLimiter(shared, new LocalLimiter(() => nowMs), () => nowMs);
    const health = new LimitsHealth(limiter, false, new HealthRegistry());
    expect((await health.check()).status).toBe('up');
    shared.isUnavailable = true;
    expect((await health.check()).status).toBe('degraded');
    shared.isUnavailable = false;
    nowMs += 1_000;
    expect((await health.check()).status).toBe('up');
  });
});
