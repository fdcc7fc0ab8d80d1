import type { ThrottleConfig } from '#config';
import type { RouteClass } from '#http';
import type { RateLimit } from './rate-limit.js';

type ByClass = Readonly<Record<RouteClass, RateLimit>>;

/** Which limits a request of a class meets. A tier that the configuration does not name is everyone's. */
export class RateLimits {
  private readonly everyone: ByClass;
  private readonly byTier: ReadonlyMap<string, ByClass>;

  constructor(private readonly config: ThrottleConfig) {
    this.everyone = limitsOf(config.limits);
    this.byTier = new Map(
      Object.entries(config.tiers).map(([tier, overrides]) => [tier, limitsOf({ ...config.limits, ...overrides })]),
    );
  }

  of(tier: string | undefined, classes: readonly RouteClass[]): readonly RateLimit[] {
    const limits = (tier === undefined ? undefined : this.byTier.get(tier)) ?? this.everyone;
    return classes.map((name) => limits[name]);
  }

  all(tier: string | undefined): readonly RateLimit[] {
    return this.of(tier, Object.keys(this.config.limits) as RouteClass[]);
  }
}

const MINUTE_MS = 60_000;

function limitsOf(perPeriod: Readonly<Record<RouteClass, number>>): ByClass {
  return Object.fromEntries(
    Object.entries(perPeriod).map(([name, limit]) => [
      name,
      { name, limit, periodMs: name === 'sign-in' ? 5 * MINUTE_MS : MINUTE_MS } satisfies RateLimit,
    ]),
  ) as unknown as ByClass;
}
