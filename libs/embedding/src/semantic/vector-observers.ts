import { Injectable } from '@nestjs/common';
import { type ProjectId, Registry, type WorkspaceId } from '#kernel';

/** What other features do when the vectors of a project change, such as dropping cached searches. */
export abstract class VectorObserver {
  /** Runs in the transaction that stores them. Nothing but SQL may be awaited; a rejection takes the write back. */
  abstract onVectorsChanged(workspaceId: WorkspaceId, projectIds: readonly ProjectId[]): Promise<void>;
}

@Injectable()
export class VectorObservers extends Registry<VectorObserver> {
  async vectorsChanged(workspaceId: WorkspaceId, projectIds: readonly ProjectId[]): Promise<void> {
    if (projectIds.length === 0) return;
    for (const observer of this.registered) await observer.onVectorsChanged(workspaceId, projectIds);
  }
}
