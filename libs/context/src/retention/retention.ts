import type { ContextId, ProjectId, Revision, WorkspaceId } from '#kernel';
import type { Priority } from '../extract/priority.js';

/** How long a project keeps what nobody uses. */
export interface RetentionPolicy {
  /** Versions that were neither read nor changed for so many days are archived; null: never. */
  readonly archiveAfterDays: number | null;
  /** Versions that have been archived for so many days are deleted for good; null: never. */
  readonly purgeAfterDays: number | null;
  /** A report also says what becomes due within so many days. */
  readonly noticeDays: number;
}

/** What holds until a project says otherwise: everything is kept. */
export const KEEP_EVERYTHING: RetentionPolicy = { archiveAfterDays: null, purgeAfterDays: null, noticeDays: 7 };

export interface StoredRetentionPolicy extends RetentionPolicy {
  readonly workspaceId: WorkspaceId;
  readonly projectId: ProjectId;
  /** Slug of that project. */
  readonly project: string;
  readonly revision: Revision;
  readonly updatedAt: Date;
}

/** A version that a policy concerns. */
export interface DueContext {
  readonly id: ContextId;
  readonly label: string;
  readonly version: number;
  readonly priority: Priority;
  /** When it was last read or changed; of an archived one, when it was archived. */
  readonly since: Date;
}

export interface DueList {
  readonly count: number;
  /** The longest due, as many as a report shows. */
  readonly items: readonly DueContext[];
}

export interface RetentionReport {
  /** Nothing was changed: this is what a run would do now. */
  readonly dryRun: boolean;
  /** False where a run stopped at its limit; the next one goes on. */
  readonly complete: boolean;
  readonly archived: DueList;
  readonly purged: DueList;
  /** What becomes due within the days of notice, where nobody uses it until then. */
  readonly notice: { readonly archive: DueList; readonly purge: DueList };
}
