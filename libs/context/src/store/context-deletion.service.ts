import { Injectable } from '@nestjs/common';
import { Database, insertAuditLine } from '#database';
import { type Preconditions, requireMatch } from '#http';
import { Clock, type ContextId, newId, type Principal, type TombstoneId, type WorkspaceId } from '#kernel';
import { ForgottenTexts, ProjectReader } from '#project';
import { ContextChanges } from '../context-changes.js';
import { ContextObservers } from '../context-observers.js';
import { contextNotFound, labelNotFound } from '../context.errors.js';
import { PostgresContextReadRepository } from '../recall/postgres-context-read.repository.js';
import { PostgresSuccessionsRepository } from '../validity/postgres-successions.repository.js';
import { ContextService } from './context.service.js';
import { PostgresContextTexts } from './postgres-context-texts.js';
import { LabelSettlement } from './label-settlement.js';
import { type LockedLabel, PostgresContextRepository } from './postgres-context.repository.js';

/** How texts are forgotten. */
export interface Forgetting {
  /** Every version of the label, not this one alone. */
  readonly allVersions?: boolean;
  /** Why: for the audit, and shown with the tombstones. */
  readonly reason?: string;
  /** Whether the project refuses the texts from now on. */
  readonly tombstone?: boolean;
}

export interface Forgotten {
  /** How many versions were deleted. */
  readonly contexts: number;
  /** Of their texts, where they are rejected: of equal ones one. */
  readonly tombstones: readonly TombstoneId[];
}

/** Ids that an audit line names. */
const MOST_NAMED = 100;

/**
 * Deletes versions of contexts for good: their rows with all that hangs on them (index, vectors, counted reads, stored
 * answers to idempotent requests), and what the caches hold. What stays is a line of the audit without the text, and a
 * keyed hash of the text (`ForgottenTexts`): the project refuses it from then on, or an import that brings it back says so.
 * Jobs that wait for a deleted version pass it over.
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
    private readonly database: Database,
    private readonly successions: PostgresSuccessionsRepository,
    private readonly settlement: LabelSettlement,
    private readonly texts: PostgresContextTexts,
    private readonly forgotten: ForgottenTexts,
    private readonly clock: Clock,
  ) {}

  /**
   * Forgets a version, archived or not, or every version of its label. Resolves when no cache holds anything of it.
   * @param preconditions what it says of the state of this version; absent: any
   * @throws DomainError `context-not-found`, `precondition-failed`
   */
  forget(caller: Principal, id: ContextId, forgetting: Forgetting, preconditions?: Preconditions): Promise<Forgotten> {
    const { workspaceId } = caller;
    return this.database.run(
      async () => {
        const locked = await this.contexts.lockLabelOf(workspaceId, id);
        const context = locked && (await this.reads.findSummary(workspaceId, id));
        if (locked === undefined || context === undefined) throw contextNotFound(id);
        requireMatch(preconditions, this.states.tagOf(context, 'pending'));
        const ids = forgetting.allVersions === true ? undefined : [id];
        return this.forgetFrom(caller, context.project, locked, forgetting, ids);
      },
      { retries: 3 },
    );
  }

  /**
   * Forgets every version of a label, archived ones included. Resolves when no cache holds anything of them.
   * @param project slug
   * @param preconditions what it says of the state of the newest version that is not archived; absent: any
   * @throws DomainError `context-not-found`, `precondition-failed`
   */
  forgetLabel(
    caller: Principal,
    project: string,
    label: string,
    forgetting: Forgetting,
    preconditions?: Preconditions,
  ): Promise<Forgotten> {
    const { workspaceId } = caller;
    return this.database.run(
      async () => {
        const found = await this.projects.find(workspaceId, project);
        const locked = found && (await this.contexts.lockLabel(workspaceId, found.id, label));
        if (locked === undefined) throw labelNotFound(label);
        const { latest } = locked;
        requireMatch(preconditions, latest === undefined ? '' : this.states.tagOf(latest, 'pending'));
        const forgotten = await this.forgetFrom(caller, project, locked, forgetting);
        if (forgotten.contexts === 0) throw labelNotFound(label);
        return forgotten;
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

  private async forgetFrom(
    { workspaceId, id: principalId }: Principal,
    project: string,
    line: LockedLabel,
    { tombstone = false, reason = '' }: Forgetting,
    ids?: readonly ContextId[],
  ): Promise<Forgotten> {
    const { projectId, labelId } = line;
    const tombstones = await this.forgotten.forget(
      { workspaceId, projectId, project },
      this.texts.textsOf(workspaceId, labelId, ids),
      { tombstone, reason },
    );
    const deleted = await this.deleteFrom(workspaceId, project, line, ids);
    // A label is often made of the text.
    await insertAuditLine(this.database, {
      workspaceId,
      id: newId(),
      principalId,
      action: 'context.forget',
      reason,
      details: {
        project,
        count: deleted.length,
        contexts: deleted.slice(0, MOST_NAMED),
        tombstones: tombstones.slice(0, MOST_NAMED),
      },
      createdAt: this.clock.now(),
    });
    await this.changes.erased(workspaceId);
    return { contexts: deleted.length, tombstones };
  }
}
