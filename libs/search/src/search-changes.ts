import type { ProjectId, WorkspaceId } from '#kernel';

/** Who has to know when what a search finds changes. */
export abstract class SearchChanges {
  /** Runs in the transaction of the write. Nothing but SQL may be awaited; a rejection takes the write back. */
  abstract projectsChanged(workspaceId: WorkspaceId, projectIds: readonly ProjectId[]): Promise<void>;
}
