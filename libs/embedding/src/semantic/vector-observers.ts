import { Injectable } from '@nestjs/common';
import type { ProjectId, WorkspaceId } from '#kernel';

/** What other features do when the vectors of a project change, such as dropping cached searches. */
export abstract class VectorObserver {
  /** Runs in the transaction that stores them. Nothing but SQL may be awaited; a rejection takes the write back. */
  abstract onVectorsChanged(workspaceId: WorkspaceId, projectIds: readonly ProjectId[]): Promise<void>;
}

/** Where features register their observers when their module starts. Called in the order of registration. */
@Injectable()
export class VectorObservers {
  private readonly observers: VectorObserver[] = [];

  register(observer: VectorObserver): void {
    this.observers.push(observer);
  }

  async vectorsChanged(workspaceId: WorkspaceId, projectIds: readonly ProjectId[]): Promise<void> {
    if (projectIds.length === 0) return;
    for (const observer of this.observers) await observer.onVectorsChanged(workspaceId, projectIds);
  }
}
