import type { Labels, ScrapedMetrics } from '#observability';
import type { FallbackLimiter } from './limiter/fallback-limiter.js';
import type { RateLimitDecision } from './rate-limit.js';

/** What the limits decide, by limit. */
export class LimitMetrics {
  private readonly decisions = new Map<string, { allowed: number; refused: number }>();

  /** @param shared undefined where limits are always counted in this process */
  constructor(metrics: ScrapedMetrics, shared: FallbackLimiter | undefined) {
    metrics.counter('rate_limit_decisions_total', 'Requests by what a limit said to them', () => this.each());
    metrics.gauge('rate_limit_local', '1 while Redis is unavailable and each process limits alone', () =>
      shared === undefined ? [] : [[{}, shared.isLocal ? 1 : 0]],
    );
  }

  decided({ allowed, states }: RateLimitDecision): void {
    for (const { limit, retryAfterMs } of states) {
      // A request that another limit refuses is none of this one's.
      if (!allowed && retryAfterMs === 0) continue;
      let counts = this.decisions.get(limit.name);
      if (counts === undefined) this.decisions.set(limit.name, (counts = { allowed: 0, refused: 0 }));
      counts[allowed ? 'allowed' : 'refused']++;
    }
  }

  private *each(): Generator<readonly [labels: Labels, value: number]> {
    for (const [limit, counts] of this.decisions)
      for (const outcome of ['allowed', 'refused'] as const) yield [{ limit, outcome }, counts[outcome]];
  }
}
