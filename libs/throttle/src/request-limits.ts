import { Injectable } from '@nestjs/common';
import { type LimitNumbers, type RouteClass, routeClasses, ThrottleConfig } from '#config';
import type { RouteLimits } from '#http';
import type { Principal } from '#kernel';
import { nextUnitMs } from './limiter/gcra.js';
import { Limiter, subjectOf } from './limiter/limiter.js';
import type { RateLimit, RateLimitDecision } from './rate-limit.js';
import type { Labels, ScrapedMetrics } from '#observability';
import { LimitObservers } from './limit-observers.js';
import type { FallbackLimiter } from './limiter/fallback-limiter.js';

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

type ByName = Readonly<Record<keyof LimitNumbers, RateLimit>>;

/** Of a tier: what each of its credentials may do, and what those of one workspace may do together. */
interface TierLimits {
  readonly own: ByName;
  readonly shared: ByName;
}

/** Whose limits they are: a credential, and where it is known the tier whose limits hold for it. */
export type Limited = Pick<Principal, 'workspaceId' | 'id' | 'tier'>;

/**
 * Which limits a request of a class meets. A tier that the configuration does not name is everyone's. The credentials of a
 * workspace share limits too, so that many keys do not multiply them; where their tiers differ, each takes its share of
 * one counter.
 */
export class RateLimits {
  private readonly everyone: TierLimits;
  private readonly byTier: ReadonlyMap<string, TierLimits>;

  constructor(private readonly config: ThrottleConfig) {
    const { limits, workspaceFactor } = config;
    this.everyone = limitsOf(limits, workspaceFactor);
    this.byTier = new Map(
      Object.entries(config.tiers).map(([tier, overrides]) => [
        tier,
        limitsOf({ ...limits, ...overrides }, workspaceFactor),
      ]),
    );
  }

  /** Of failures to sign in, which are an address's. */
  ofSignIn(): RateLimit {
    return this.everyone.own['sign-in'];
  }

  /** Of a request: members of the subject that is the workspace, and what they share. */
  ofRequest({ tier, id }: Limited, classes: readonly RouteClass[]): readonly RateLimit[] {
    const { own, shared } = this.named(tier);
    return [...classes.map((name) => ({ ...own[name], member: id })), ...classes.map((name) => shared[name])];
  }

  /** Of calls of outside providers: members of PROVIDER_CALLS. None where limits are off. */
  ofProviders(principal: Limited): readonly RateLimit[] {
    if (!this.config.enabled) return [];
    const { own, shared } = this.named(principal.tier);
    return [
      { ...own.providers, member: subjectOf(principal) },
      { ...shared.providers, member: principal.workspaceId },
    ];
  }

  /** Of all requests that a credential may make. */
  ofRoutes(principal: Limited): readonly RateLimit[] {
    return this.ofRequest(principal, routeClasses);
  }

  /** How many times what one may do the credentials of a workspace may do together. */
  get workspaceFactor(): number {
    return this.config.workspaceFactor;
  }

  /** Every limit that is configured. */
  allLimits(): readonly RateLimit[] {
    return Object.values(this.everyone.own);
  }

  private named(tier: string | undefined): TierLimits {
    return (tier === undefined ? undefined : this.byTier.get(tier)) ?? this.everyone;
  }
}

const MINUTE_MS = 60_000;

function limitsOf(perPeriod: LimitNumbers, workspaceFactor: number): TierLimits {
  const by = (prefix: string, factor: number) =>
    Object.fromEntries(
      Object.entries(perPeriod).map(([name, limit]) => [
        name,
        {
          name: prefix + name,
          limit: limit * factor,
          periodMs: name === 'sign-in' ? 5 * MINUTE_MS : MINUTE_MS,
        } satisfies RateLimit,
      ]),
    ) as unknown as ByName;
  return { own: by('', 1), shared: by('workspace-', workspaceFactor) };
}

/** What a request of a credential costs, its own limits and its workspace's: all in one question, so that one that refuses takes nothing of another. */
@Injectable()
export class RequestLimits {
  constructor(
    private readonly limiter: Limiter,
    private readonly limits: RateLimits,
    private readonly config: ThrottleConfig,
    private readonly metrics: LimitMetrics,
    private readonly observers: LimitObservers,
  ) {}

  /** Undefined where nothing is limited: limits are off, the request is of no class, or an operator makes it. */
  async consume(principal: Principal, { classes, weight }: RouteLimits): Promise<RateLimitDecision | undefined> {
    if (!this.config.enabled || classes.length === 0 || principal.scopes.has('operator')) return undefined;
    const decision = await this.limiter.consume(
      principal.workspaceId,
      this.limits.ofRequest(principal, classes).map((limit) => ({ limit, units: weight })),
    );
    this.metrics.decided(decision);
    if (!decision.allowed) {
      const refusing = decision.states.filter(({ retryAfterMs }) => retryAfterMs > 0);
      this.observers.refused({ kind: 'limit', principal, limits: refusing.map(({ limit }) => limit.name) });
    }
    return decision;
  }

  /** Whether a unit of each class is left; none is taken. Undefined as for `take`. */
  async look(principal: Principal, classes: readonly RouteClass[]): Promise<RateLimitDecision | undefined> {
    if (!this.config.enabled || classes.length === 0 || principal.scopes.has('operator')) return undefined;
    const seen = await this.limiter.look(principal.workspaceId, this.limits.ofRequest(principal, classes));
    const states = seen.map((state) => ({ ...state, retryAfterMs: nextUnitMs(state) }));
    return { allowed: states.every(({ retryAfterMs }) => retryAfterMs === 0), states };
  }
}
