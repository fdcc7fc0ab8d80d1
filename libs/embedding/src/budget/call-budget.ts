import type { Principal } from '#kernel';
import {
  type Limiter,
  LimitObservers,
  PROVIDER_CALLS,
  type RateLimitCharge,
  type RateLimits,
  subjectOf,
} from '#throttle';
import { BudgetExceededError } from '../embedding.errors.js';

/** Per minute; 0 is no limit. */
export interface BudgetOptions {
  /** Of everybody together. */
  readonly requests: number;
  readonly tokens: number;
  /** Of each credential; those of a workspace share a multiple of it. */
  readonly tokensOfEach: number;
}

const PERIOD_MS = 60_000;

/**
 * What may be asked of a provider in a minute: requests and tokens, of everybody together and of each credential.
 * Only requests that really go out are charged; all budgets are asked at once, and one that refuses costs none of the
 * others. Counted by the limiter: for all processes together, in each alone while Redis is away. A call that is larger
 * than a whole budget goes out when that budget is whole.
 */
export class CallBudget {
  constructor(
    private readonly limiter: Limiter,
    private readonly limits: RateLimits,
    private readonly provider: string,
    private readonly options: BudgetOptions,
    private readonly observers = new LimitObservers(),
  ) {}

  /**
   * @param billedPrincipal absent for work in the background: that spends what everybody shares, as operators do
   * @throws BudgetExceededError; nothing is charged then.
   */
  async spend(billedPrincipal: Principal | undefined, tokens: number): Promise<void> {
    const isHeldTo = billedPrincipal !== undefined && !billedPrincipal.scopes.has('operator');
    const charges = [...(isHeldTo ? this.chargesOfEach(billedPrincipal, tokens) : []), ...this.chargesOfAll(tokens)];
    if (charges.length === 0) return;
    const { allowed, states } = await this.limiter.consume(PROVIDER_CALLS, charges);
    if (allowed) return;
    const refusing = states.filter(({ retryAfterMs }) => retryAfterMs > 0);
    if (billedPrincipal !== undefined)
      this.observers.refused({
        kind: 'budget',
        principal: billedPrincipal,
        limits: refusing.map(({ limit }) => limit.name),
      });
    const owner = refusing.some(({ limit }) => limit.member === this.provider)
      ? 'this server'
      : refusing.some(({ limit }) => limit.member === billedPrincipal?.workspaceId)
        ? 'this workspace'
        : 'this credential';
    const reported = refusing.map(({ limit }) => `${limit.limit} ${WHAT[limit.name]}`).join(' and ');
    throw new BudgetExceededError(
      `The budget of ${reported} a minute of ${owner} is used up.`,
      Math.max(...refusing.map(({ retryAfterMs }) => retryAfterMs)) / 1000,
    );
  }

  private chargesOfEach(billedPrincipal: Principal, tokens: number): RateLimitCharge[] {
    const { tokensOfEach } = this.options;
    const { workspaceId } = billedPrincipal;
    return [
      ...this.limits.ofProviders(billedPrincipal).map((limit) => ({ limit, units: 1 })),
      ...chargeOf(TOKENS, tokensOfEach, subjectOf(billedPrincipal), tokens),
      ...chargeOf(WORKSPACE_TOKENS, tokensOfEach * this.limits.workspaceFactor, workspaceId, tokens),
    ];
  }

  private chargesOfAll(tokens: number): RateLimitCharge[] {
    return [
      ...chargeOf(REQUESTS, this.options.requests, this.provider, 1),
      ...chargeOf(TOKENS, this.options.tokens, this.provider, tokens),
    ];
  }
}

const REQUESTS = 'embedding-requests';
const TOKENS = 'embedding-tokens';
const WORKSPACE_TOKENS = `workspace-${TOKENS}`;
const WHAT: Readonly<Record<string, string>> = {
  providers: 'calls of providers',
  'workspace-providers': 'calls of providers',
  [REQUESTS]: 'embedding calls',
  [TOKENS]: 'embedding tokens',
  [WORKSPACE_TOKENS]: 'embedding tokens',
};

function chargeOf(name: string, limit: number, member: string, units: number): RateLimitCharge[] {
  return limit === 0 ? [] : [{ limit: { name, limit, periodMs: PERIOD_MS, member }, units }];
}
