import type { Clock } from '#kernel';
import { localLimits } from '#throttle/testing';
import { type BudgetOptions, CallBudget } from '../budget/call-budget.js';

export interface TestBudget extends Partial<BudgetOptions> {
  /** Calls of each credential, by tier; without limit where absent. */
  readonly callsOfEach?: number;
  readonly tiers?: Readonly<Record<string, { readonly providers: number }>>;
}

/** A budget that is counted in process. */
export function callBudget(
  clock: Clock,
  provider: string,
  { callsOfEach = 1_000_000, tiers, ...options }: TestBudget = {},
): CallBudget {
  const { limiter, limits } = localLimits(() => clock.nowMs(), { providers: callsOfEach }, tiers);
  return new CallBudget(limiter, limits, provider, { requests: 0, tokens: 0, tokensOfEach: 0, ...options });
}
