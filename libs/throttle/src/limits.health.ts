import type { HealthPart, HealthRegistry, HealthSource } from '#observability';
import type { FallbackLimiter } from './limiter/fallback-limiter.js';

/** Says when limits are counted in each process alone. */
export class LimitsHealth implements HealthSource {
  readonly name = 'limits';
  readonly requiredForReady = false;

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
    return this.limiter.isLocal
      ? { status: 'degraded', detail: 'Redis is away: limits hold for each process, not for all together' }
      : { status: 'up' };
  }
}
