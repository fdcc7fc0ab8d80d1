import { Injectable } from '@nestjs/common';
import type { ContextId, ProjectId, WorkspaceId } from '#kernel';
import { ContextChanges } from '../context-changes.js';
import { ContextObservers } from '../context-observers.js';
import { circularSuccession } from '../context.errors.js';
import { PostgresSuccessionsRepository, type Succession } from '../validity/postgres-successions.repository.js';

/** What a conflict does to what is valid. In a transaction that holds the lock on what is valid in the project. */
@Injectable()
export class ConflictOutcomeService {
  constructor(
    private readonly successions: PostgresSuccessionsRepository,
    private readonly observers: ContextObservers,
    private readonly changes: ContextChanges,
  ) {}

  /** One writer at a time settles what is valid in a project, until the end of its transaction. */
  lock(workspaceId: WorkspaceId, projectId: ProjectId): Promise<void> {
    return this.successions.lock(workspaceId, projectId);
  }

  /**
   * One context takes the place of another, as if it had been stored to supersede it; of two that say it of each other the last
   * word holds.
   * @throws DomainError `circular-succession`
   */
  async replace(workspaceId: WorkspaceId, project: string, succession: Succession): Promise<void> {
    const reverse = { olderId: succession.newerId, newerId: succession.olderId };
    await this.successions.remove(workspaceId, reverse);
    await this.settle(workspaceId, project, succession);
    if (await this.successions.wouldBeCircular(workspaceId, succession)) throw circularSuccession();
    await this.successions.add(workspaceId, [succession]);
    await this.settle(workspaceId, project, succession);
  }

  /** Neither takes the place of the other because of what was said of the two. */
  async keepBoth(workspaceId: WorkspaceId, project: string, succession: Succession): Promise<void> {
    await this.successions.remove(workspaceId, succession);
    await this.settle(workspaceId, project, succession);
  }

  private async settle(workspaceId: WorkspaceId, project: string, { olderId, newerId }: Succession): Promise<void> {
    const ids: ContextId[] = [olderId, newerId];
    const ended = await this.successions.settle(workspaceId, ids);
    await this.observers.validityChanged(workspaceId, ended);
    await this.changes.written(workspaceId, project, ended);
  }
}
