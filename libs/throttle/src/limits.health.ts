import type { HealthPart, HealthRegistry, HealthSource } from '#observability';
import type { FallbackLimiter } from './limiter/fallback-limiter.js';
import type { RateLimit } from './rate-limit.js';

/** Looked at and never taken from: whether it can be asked is what matters. */
const UNUSED: RateLimit = { name: 'health', limit: 1, periodMs: 1_000 };

const ALONE: HealthPart = {
  status: 'degraded',
  detail: 'Redis is unavailable: each process limits alone, not all processes together',
};

/** Says whether limits are counted in each process alone: it asks as the next request would, so it need not wait for one. */
export class LimitsHealth implements HealthSource {
  readonly name = 'limits';
  readonly requiredForReady = false;
  /** A server that takes commands and does not answer: each request waits for it, and is then counted here. */
  readonly whenLate = ALONE;

  constructor(
    private readonly limiter: FallbackLimiter | undefined,
    private readonly isOnlyProcess: boolean,
    registry: HealthRegistry,
  ) {
    registry.register(this);
  }

  async check(): Promise<HealthPart> {
    if (this.limiter === undefined)
      return this.isOnlyProcess
        ? { status: 'up', detail: 'counted in process' }
        : { status: 'degraded', detail: 'without REDIS_URL limits hold for each process, not for all together' };
    await this.limiter.look('health', [UNUSED]);
    return this.limiter.isLocal ? ALONE : { status: 'up' };
  }
}
