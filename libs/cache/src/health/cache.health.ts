import type { HealthPart, HealthRegistry, HealthSource } from '#observability';
import type { CacheEngine } from '../cache-engine.js';

/** How the cache is now. It is never down: without it the sources answer, only slower. */
export class CacheHealth implements HealthSource {
  readonly name = 'cache';
  readonly requiredForReady = false;

  constructor(
    private readonly engine: CacheEngine,
    registry: HealthRegistry,
  ) {
    registry.register(this);
  }

  async check(): Promise<HealthPart> {
    const report = this.engine.health();
    if (report.status === 'up') return { status: 'up' };
    if (report.status === 'off') return { status: 'degraded', detail: 'The cache is off: CACHE_ENABLED is false.' };
    return { status: 'degraded', detail: `The cache is not whole: ${report.problem ?? 'a server is unavailable'}.` };
  }
}
