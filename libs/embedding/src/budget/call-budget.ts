import type { Principal } from '#kernel';
import { type Limiter, PROVIDER_CALLS, type RateLimitCharge, type RateLimits, subjectOf } from '#throttle';
import { BudgetExceededError } from '../embedding.errors.js';

/** Per minute; 0 is no limit. */
export interface BudgetOptions {
  /** Of everybody together. */
  readonly requests: number;
  readonly tokens: number;
  /** Of each credential. */
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
  ) {}

  /**
   * @param spender absent for work in the background: that spends what everybody shares, as operators do
   * @throws BudgetExceededError; nothing is charged then.
   */
  async spend(spender: Principal | undefined, tokens: number): Promise<void> {
    const isHeldTo = spender !== undefined && !spender.scopes.has('operator');
    const charges = [...(isHeldTo ? this.chargesOfEach(spender, tokens) : []), ...this.chargesOfAll(tokens)];
    if (charges.length === 0) return;
    const { allowed, states } = await this.limiter.consume(PROVIDER_CALLS, charges);
    if (allowed) return;
    const refusing = states.filter(({ retryAfterMs }) => retryAfterMs > 0);
    const isOfAll = refusing.some(({ limit }) => limit.member === this.provider);
    const told = refusing.map(({ limit }) => `${limit.limit} ${WHAT[limit.name]}`).join(' and ');
    throw new BudgetExceededError(
      `The budget of ${told} a minute of ${isOfAll ? 'this server' : 'this credential'} is used up.`,
      Math.max(...refusing.map(({ retryAfterMs }) => retryAfterMs)) / 1000,
    );
  }

  private chargesOfEach(spender: Principal, tokens: number): RateLimitCharge[] {
    const member = subjectOf(spender);
    const calls = this.limits.ofProviders(spender.tier, member);
    return [
      ...(calls === undefined ? [] : [{ limit: calls, units: 1 }]),
      ...chargeOf(TOKENS, this.options.tokensOfEach, member, tokens),
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
const WHAT: Readonly<Record<string, string>> = {
  providers: 'calls of providers',
  [REQUESTS]: 'embedding calls',
  [TOKENS]: 'embedding tokens',
};

function chargeOf(name: string, limit: number, member: string, units: number): RateLimitCharge[] {
  return limit === 0 ? [] : [{ limit: { name, limit, periodMs: PERIOD_MS, member }, units }];
}
