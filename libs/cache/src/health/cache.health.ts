import type { HealthPart, HealthRegistry, HealthSource } from '#observability';
import type { CacheEngine, CacheHealthReport } from '../cache-engine.js';

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

const up = (detail: string): HealthPart => ({ status: 'up', detail });
const degraded = (detail: string): HealthPart => ({ status: 'degraded', detail });

/** What each tier of the cache says of itself, and the breaker before the shared one. None of them is ever needed. */
const parts: Readonly<Record<string, (report: CacheHealthReport) => HealthPart>> = {
  'cache-memory': ({ local }) => up(`${local.entries} entries, ${local.bytes} of ${local.maxBytes} bytes`),
  'cache-shared': ({ breaker, server, problem, missingFeatures }) => {
    if (breaker === 'none') return up('none is configured');
    if (problem !== undefined) return degraded(breaker === 'open' ? `unavailable: ${problem}` : problem);
    return up([server ?? 'answers', ...missingFeatures].join('; '));
  },
  'cache-breaker': ({ breaker }) =>
    breaker === 'open'
      ? degraded('open: the shared tier is left alone')
      : up(breaker === 'none' ? 'not needed' : breaker),
};

export class CacheTiersHealth {
  constructor(engine: CacheEngine, registry: HealthRegistry) {
    for (const [name, judge] of Object.entries(parts))
      registry.register({ name, requiredForReady: false, check: () => Promise.resolve(judge(engine.health())) });
  }
}
