import type { WorkspaceId } from '#kernel';
import type { ProviderName } from '../embedding.js';

/** What embedding has cost, and what the cache has saved. Savings are estimates: nobody counted the tokens of what was not sent. */
export interface Usage {
  /** Calls of the provider that answered. */
  readonly calls: number;
  /** Requests that needed no call: everything asked for was there. */
  readonly cachedCalls: number;
  /** Texts that were embedded. */
  readonly texts: number;
  /** Texts answered without embedding them. */
  readonly cachedTexts: number;
  /** As the provider counted them. */
  readonly tokens: number;
  readonly savedTokens: number;
  readonly costUsd: number;
  readonly savedUsd: number;
}

/** One line of the ledger: what one workspace used of one model in one day (UTC). */
export interface UsageLine extends Usage {
  readonly workspaceId: WorkspaceId;
  readonly provider: ProviderName;
  readonly model: string;
  /** `2030-01-31` */
  readonly day: string;
}

export interface ModelUsage extends Usage {
  readonly provider: string;
  readonly model: string;
}

/** Days, both included; open where absent. */
export interface UsagePeriod {
  readonly from?: string;
  readonly to?: string;
}

export const NO_USAGE: Usage = Object.freeze({
  calls: 0,
  cachedCalls: 0,
  texts: 0,
  cachedTexts: 0,
  tokens: 0,
  savedTokens: 0,
  costUsd: 0,
  savedUsd: 0,
});

export const usageFields = Object.keys(NO_USAGE) as readonly (keyof Usage)[];

export function addUsage(left: Usage, right: Usage): Usage {
  return Object.fromEntries(usageFields.map((field) => [field, left[field] + right[field]])) as unknown as Usage;
}

export abstract class UsageRepository {
  /** Adds to what is there, all lines or none. Lines of a workspace that is gone are dropped. Safe for concurrent processes. */
  abstract add(lines: readonly UsageLine[]): Promise<void>;
  /** Sums over the days of the period, by provider and model in the order of their names. */
  abstract sum(workspaceId: WorkspaceId, period: UsagePeriod): Promise<ModelUsage[]>;
}
