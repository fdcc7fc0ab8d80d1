import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '#database';
import { type Preconditions, requireMatch } from '#http';
import type { ContextId, WorkspaceId } from '#kernel';
import { ProjectReader } from '#project';
import { ContextChanges } from '../context-changes.js';
import { ContextObservers } from '../context-observers.js';
import { contextNotFound, labelNotFound } from '../context.errors.js';
import { PostgresContextReadRepository } from '../recall/postgres-context-read.repository.js';
import { PostgresSuccessionsRepository } from '../validity/postgres-successions.repository.js';
import { ContextService } from './context.service.js';
import { LabelSettlement } from './label-settlement.js';
import { type LockedLabel, PostgresContextRepository } from './postgres-context.repository.js';

/**
 * Deletes versions of contexts for good: their rows with all that hangs on them (index, vectors, counted reads, stored
 * answers to idempotent requests), and what the caches hold. Nothing says afterwards that they were there: the same text
 * can be stored again. Jobs that wait for a deleted version pass it over.
 *
 * What a deleted version superseded is valid again. The newest version left is then the newest of its label; its number and
 * those after it are not given out again while the label has versions. Without any the label is gone too.
 */
@Injectable()
export class ContextDeletionService {
  constructor(
    private readonly contexts: PostgresContextRepository,
    private readonly reads: PostgresContextReadRepository,
    private readonly states: ContextService,
    private readonly observers: ContextObservers,
    private readonly changes: ContextChanges,
    private readonly projects: ProjectReader,
    private readonly transactions: TransactionRunner,
    private readonly successions: PostgresSuccessionsRepository,
    private readonly settlement: LabelSettlement,
  ) {}

  /**
   * Deletes a version, archived or not, or every version of its label. Resolves when no cache holds anything of it.
   * @param preconditions what it says of the state of this version; absent: any
   * @returns how many versions were deleted
   * @throws DomainError `context-not-found`, `precondition-failed`
   */
  delete(
    workspaceId: WorkspaceId,
    id: ContextId,
    { allVersions }: { readonly allVersions: boolean },
    preconditions?: Preconditions,
  ): Promise<number> {
    return this.transactions.run(
      async () => {
        const locked = await this.contexts.lockLabelOf(workspaceId, id);
        const context = locked && (await this.reads.findSummary(workspaceId, id));
        if (locked === undefined || context === undefined) throw contextNotFound(id);
        requireMatch(preconditions, this.states.tagOf(context, 'pending'));
        return this.deleteWhole(workspaceId, context.project, locked, allVersions ? undefined : [id]);
      },
      { retries: 3 },
    );
  }

  /**
   * Deletes every version of a label, archived ones included. Resolves when no cache holds anything of them.
   * @param preconditions what it says of the state of the newest version that is not archived; absent: any
   * @returns how many versions were deleted
   * @throws DomainError `context-not-found`, `precondition-failed`
   */
  deleteLabel(
    workspaceId: WorkspaceId,
    project: string,
    label: string,
    preconditions?: Preconditions,
  ): Promise<number> {
    return this.transactions.run(
      async () => {
        const found = await this.projects.find(workspaceId, project);
        const locked = found && (await this.contexts.lockLabel(workspaceId, found.id, label));
        if (locked === undefined) throw labelNotFound(label);
        const { latest } = locked;
        requireMatch(preconditions, latest === undefined ? '' : this.states.tagOf(latest, 'pending'));
        const deleted = await this.deleteWhole(workspaceId, project, locked);
        if (deleted === 0) throw labelNotFound(label);
        return deleted;
      },
      { retries: 3 },
    );
  }

  /**
   * Deletes versions of a line that this transaction has locked, all where none are named. Their bytes may be in caches
   * that nobody reads: who has deleted the last one waits for `ContextChanges.erased`.
   * @param project slug
   * @returns what was deleted
   */
  async deleteFrom(
    workspaceId: WorkspaceId,
    project: string,
    line: LockedLabel,
    ids?: readonly ContextId[],
  ): Promise<readonly ContextId[]> {
    const { labelId, projectId, label } = line;
    await this.successions.lock(workspaceId, projectId);
    const rows = await this.contexts.delete(workspaceId, labelId, ids);
    const deleted = rows.map((row) => ({ ...row, projectId, label }));
    await this.changes.purged(workspaceId);
    await this.observers.deleted(workspaceId, deleted);
    const deletedIds = deleted.map(({ id }) => id);
    const settled = await this.settlement.settle(workspaceId, line, deletedIds);
    await this.changes.written(workspaceId, project, [...deleted, ...settled]);
    return deletedIds;
  }

  private async deleteWhole(
    workspaceId: WorkspaceId,
    project: string,
    line: LockedLabel,
    ids?: readonly ContextId[],
  ): Promise<number> {
    const deleted = await this.deleteFrom(workspaceId, project, line, ids);
    await this.changes.erased(workspaceId);
    return deleted.length;
  }
}
