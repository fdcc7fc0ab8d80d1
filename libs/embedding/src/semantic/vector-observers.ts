import { Injectable } from '@nestjs/common';
import { type ContextId, type ProjectId, Registry, type WorkspaceId } from '#kernel';

/** A context whose vectors have changed. */
export interface ChangedVectors {
  readonly contextId: ContextId;
  readonly projectId: ProjectId;
}

/** What other features do when the vectors of contexts change, such as dropping cached searches. */
export abstract class VectorObserver {
  /** Runs in the transaction that stores them. Nothing but SQL may be awaited; a rejection takes the write back. */
  abstract onVectorsChanged(workspaceId: WorkspaceId, contexts: readonly ChangedVectors[]): Promise<void>;
}

@Injectable()
export class VectorObservers extends Registry<VectorObserver> {
  async vectorsChanged(workspaceId: WorkspaceId, contexts: readonly ChangedVectors[]): Promise<void> {
    if (contexts.length === 0) return;
    for (const observer of this.registered) await observer.onVectorsChanged(workspaceId, contexts);
  }
}
