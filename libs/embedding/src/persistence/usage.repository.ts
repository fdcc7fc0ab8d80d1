import type { WorkspaceId } from '#kernel';
import type { ModelUsage, UsageLine, UsagePeriod } from '../ledger/usage.js';

export abstract class UsageRepository {
  /** Adds to what is there, all lines or none. Lines of a workspace that is gone are dropped. Safe for concurrent processes. */
  abstract add(lines: readonly UsageLine[]): Promise<void>;
  /** Sums over the days of the period, by provider and model in the order of their names. */
  abstract sum(workspaceId: WorkspaceId, period: UsagePeriod): Promise<ModelUsage[]>;
}
