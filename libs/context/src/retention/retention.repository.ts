import type { ContextId, ProjectId, WorkspaceId } from '#kernel';
import type { DueContext, RetentionPolicy, StoredRetentionPolicy } from './retention.js';

/** `archive`: not archived, not always_check, untouched since a time. `purge`: archived since before a time. */
export type RetentionRule = 'archive' | 'purge';

/** Due are those with `from <= since < before`. */
export interface DueRange {
  readonly from?: Date;
  readonly before: Date;
}

export abstract class RetentionRepository {
  abstract findPolicy(workspaceId: WorkspaceId, projectId: ProjectId): Promise<StoredRetentionPolicy | undefined>;

  /** Locked until the end of the transaction; undefined, and nothing locked, where there is none. */
  abstract findPolicyForChange(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
  ): Promise<StoredRetentionPolicy | undefined>;

  /** Makes or replaces the policy, with another revision. */
  abstract putPolicy(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    policy: RetentionPolicy,
    at: Date,
  ): Promise<StoredRetentionPolicy>;

  /** In the order of project ids. */
  abstract listPolicies(
    workspaceId: WorkspaceId,
    after: ProjectId | undefined,
    limit: number,
  ): Promise<readonly StoredRetentionPolicy[]>;

  /** Of all workspaces, those that ask for anything, in the order of workspace and project. */
  abstract listEveryPolicy(
    after: Pick<StoredRetentionPolicy, 'workspaceId' | 'projectId'> | undefined,
    limit: number,
  ): Promise<readonly StoredRetentionPolicy[]>;

  abstract countDue(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    rule: RetentionRule,
    range: DueRange,
  ): Promise<number>;

  /** Longest due first. */
  abstract listDue(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    rule: RetentionRule,
    range: DueRange,
    limit: number,
  ): Promise<readonly DueContext[]>;

  /** Which versions of a locked line are due. */
  abstract dueOfLine(
    workspaceId: WorkspaceId,
    labelId: string,
    rule: RetentionRule,
    range: DueRange,
  ): Promise<readonly DueContext[]>;

  /** Deletes archived versions of a locked line for good, with all that hangs on them, and the line where none is left. */
  abstract purge(workspaceId: WorkspaceId, labelId: string, ids: readonly ContextId[]): Promise<void>;
}
