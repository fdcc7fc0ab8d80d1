import type { Clock, WorkspaceId } from '#kernel';
import { BudgetExceededError } from '../embedding.errors.js';
import type { BudgetCounters } from './budget-counters.js';

/** Per minute; 0 is no limit. */
export interface BudgetLimits {
  readonly requests: number;
  readonly tokens: number;
}

export interface BudgetOptions {
  readonly provider: BudgetLimits;
  readonly principal: BudgetLimits;
}

/** Who spends. Work in the background has no principal and spends the provider's budget alone. */
export interface Spender {
  readonly workspaceId: WorkspaceId;
  readonly principalId: string | undefined;
}

const WINDOW_MS = 60_000;

/** One counter that a call adds to. */
interface Charge {
  readonly owner: string;
  readonly name: readonly string[];
  readonly amount: number;
  readonly limit: number;
  readonly what: string;
}

/**
 * What may be asked of a provider in each minute of the clock: requests and tokens, of everybody together and of each
 * principal. Only requests that really go out are charged; one that a budget refuses costs none of the others. A call
 * that is larger than a whole budget goes out when nothing else has been spent in that minute.
 */
export class CallBudget {
  constructor(
    private readonly counters: BudgetCounters,
    private readonly clock: Clock,
    private readonly provider: string,
    private readonly options: BudgetOptions,
  ) {}

  /** @throws BudgetExceededError; nothing is charged then. */
  async spend(spender: Spender, tokens: number): Promise<void> {
    const nowMs = this.clock.nowMs();
    const window = String(Math.floor(nowMs / WINDOW_MS));
    const charged: Charge[] = [];
    for (const charge of this.chargesOf(spender, tokens, window)) {
      const sum = await this.counters.add(charge.name, charge.amount, 2 * WINDOW_MS);
      charged.push(charge);
      if (sum <= charge.limit || sum === charge.amount) continue;
      for (const { name, amount } of charged) await this.counters.add(name, -amount, 2 * WINDOW_MS);
      throw new BudgetExceededError(
        charge.owner,
        `The budget of ${charge.limit} ${charge.what} a minute is used up.`,
        (WINDOW_MS - (nowMs % WINDOW_MS)) / 1000,
      );
    }
  }

  private chargesOf({ workspaceId, principalId }: Spender, tokens: number, window: string): Charge[] {
    const budget = (owner: string, whose: string, limits: BudgetLimits): Charge[] => [
      {
        owner,
        name: ['embedding-budget', owner, 'requests', window],
        amount: 1,
        limit: limits.requests,
        what: `embedding calls of ${whose}`,
      },
      {
        owner,
        name: ['embedding-budget', owner, 'tokens', window],
        amount: tokens,
        limit: limits.tokens,
        what: `embedding tokens of ${whose}`,
      },
    ];
    const { provider, principal } = this.options;
    return [
      ...(principalId === undefined ? [] : budget(`${workspaceId}/${principalId}`, 'this credential', principal)),
      ...budget(`provider/${this.provider}`, 'this server', provider),
    ].filter(({ limit }) => limit > 0);
  }
}
