import type { LimitNumbers, ThrottleConfig } from '#config';
import type { RouteClass } from '#http';
import type { Principal } from '#kernel';
import type { RateLimit } from './rate-limit.js';
import { subjectOf } from './subject.js';

type ByName = Readonly<Record<keyof LimitNumbers, RateLimit>>;

/** Of a tier: what each of its credentials may do, and what those of one workspace may do together. */
interface TierLimits {
  readonly own: ByName;
  readonly shared: ByName;
}

/** Whose limits they are. */
type Limited = Pick<Principal, 'workspaceId' | 'id' | 'tier'>;

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
    return this.ofRequest(principal, ROUTE_CLASSES);
  }

  /** How many times what one may do the credentials of a workspace may do together. */
  get workspaceFactor(): number {
    return this.config.workspaceFactor;
  }

  /** Every limit that is configured. */
  all(): readonly RateLimit[] {
    return Object.values(this.everyone.own);
  }

  private named(tier: string | undefined): TierLimits {
    return (tier === undefined ? undefined : this.byTier.get(tier)) ?? this.everyone;
  }
}

const MINUTE_MS = 60_000;
const ROUTE_CLASSES = ['reads', 'writes', 'search', 'embeddings', 'ingestion', 'admin'] as const;

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
