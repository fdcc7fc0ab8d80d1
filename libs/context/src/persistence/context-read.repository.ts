import type { ContextId, ProjectId, SessionId, WorkspaceId } from '#kernel';
import type { ContextSummary } from '../context.js';

/** What other features read of contexts. */
export abstract class ContextReadRepository {
  /** Newest versions of that priority, newest first. */
  abstract listAlwaysCheck(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    limit: number,
  ): Promise<readonly ContextSummary[]>;

  /** Labels with a version that is not archived, and of them those whose newest one has priority always_check. */
  abstract countLabels(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
  ): Promise<{ readonly total: number; readonly alwaysCheck: number }>;

  /**
   * What a session stored or used (`ids` are known to be used as well), newest first, and how many there are in all;
   * nothing archived.
   */
  abstract listUsedBy(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    by: { readonly sessionId: SessionId; readonly ids: readonly ContextId[] },
    limit: number,
  ): Promise<{ readonly items: readonly ContextSummary[]; readonly total: number }>;
}
