import type { LimitNumbers, ThrottleConfig } from '#config';
import type { RouteClass } from '#http';
import type { RateLimit } from './rate-limit.js';

type ByName = Readonly<Record<keyof LimitNumbers, RateLimit>>;

/** Which limits a request of a class meets. A tier that the configuration does not name is everyone's. */
export class RateLimits {
  private readonly everyone: ByName;
  private readonly byTier: ReadonlyMap<string, ByName>;

  constructor(private readonly config: ThrottleConfig) {
    this.everyone = limitsOf(config.limits);
    this.byTier = new Map(
      Object.entries(config.tiers).map(([tier, overrides]) => [tier, limitsOf({ ...config.limits, ...overrides })]),
    );
  }

  of(tier: string | undefined, classes: readonly RouteClass[]): readonly RateLimit[] {
    const limits = this.named(tier);
    return classes.map((name) => limits[name]);
  }

  /** Of calls of outside providers that are made for a member of PROVIDER_CALLS; none where limits are off. */
  ofProviders(tier: string | undefined, member: string): RateLimit | undefined {
    return this.config.enabled ? { ...this.named(tier).providers, member } : undefined;
  }

  /** Of a credential's own requests. Failures to sign in are an address's. */
  ofRoutes(tier: string | undefined): readonly RateLimit[] {
    const { providers: _, 'sign-in': __, ...routes } = this.named(tier);
    return Object.values(routes);
  }

  /** Every limit that is configured. */
  all(): readonly RateLimit[] {
    return Object.values(this.everyone);
  }

  private named(tier: string | undefined): ByName {
    return (tier === undefined ? undefined : this.byTier.get(tier)) ?? this.everyone;
  }
}

const MINUTE_MS = 60_000;

function limitsOf(perPeriod: LimitNumbers): ByName {
  return Object.fromEntries(
    Object.entries(perPeriod).map(([name, limit]) => [
      name,
      { name, limit, periodMs: name === 'sign-in' ? 5 * MINUTE_MS : MINUTE_MS } satisfies RateLimit,
    ]),
  ) as unknown as ByName;
}
