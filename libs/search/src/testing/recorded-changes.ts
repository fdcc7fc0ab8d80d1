import type { ProjectId, WorkspaceId } from '#kernel';
import { SearchChanges } from '../search-invalidation.js';

/** Remembers which projects were said to have changed. */
export class RecordedChanges extends SearchChanges {
  readonly calls: { readonly workspaceId: WorkspaceId; readonly projectIds: readonly ProjectId[] }[] = [];

  projectsChanged(workspaceId: WorkspaceId, projectIds: readonly ProjectId[]): Promise<void> {
    if (projectIds.length > 0) this.calls.push({ workspaceId, projectIds });
    return Promise.resolve();
  }
}
