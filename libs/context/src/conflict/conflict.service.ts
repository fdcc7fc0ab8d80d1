import { Injectable } from '@nestjs/common';
import { CacheService, ListCache } from '#cache';
import { TransactionRunner } from '#database';
import type { Page } from '#http';
import { Clock, type ConflictId, type ContextId, type Principal, type WorkspaceId } from '#kernel';
import { ProjectReader } from '#project';
import { ContextChanges } from '../context-changes.js';
import { conflictsTag, contextsTag } from '../context.cache.js';
import { conflictNotFound, conflictResolved } from '../context.errors.js';
import { ContextDeletionService } from '../store/context-deletion.service.js';
import { type LockedLabel, PostgresContextRepository } from '../store/postgres-context.repository.js';
import { ConflictOutcomeService } from './conflict-outcome.service.js';
import type { Conflict, ConflictState, Disposition } from './conflict.js';
import { PostgresConflictRepository } from './postgres-conflict.repository.js';

/** What rules have found, who decides it, and what rules may do by themselves. */
@Injectable()
export class ConflictService {
  constructor(
    private readonly conflicts: PostgresConflictRepository,
    private readonly outcomes: ConflictOutcomeService,
    private readonly contexts: PostgresContextRepository,
    private readonly deletion: ContextDeletionService,
    private readonly changes: ContextChanges,
    private readonly reader: ProjectReader,
    private readonly queries: ListCache,
    private readonly cache: CacheService,
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
  ) {}

  /** Newest first. A project that does not exist has none. */
  async list(
    workspaceId: WorkspaceId,
    project: string,
    state: ConflictState,
    after: ConflictId | undefined,
    limit: number,
  ): Promise<Page<Conflict, [ConflictId]>> {
    const found = await this.reader.find(workspaceId, project);
    if (found === undefined) return { items: [] };
    const named = { workspace: workspaceId, project };
    const parameters = { project, state, after, limit };
    const tags = [conflictsTag(named), contextsTag(named)];
    return this.queries.read({ workspace: workspaceId, statement: 'conflicts', parameters, tags }, () =>
      this.conflicts.list(workspaceId, found.id, state, after, limit),
    );
  }

  /**
   * Decides a conflict, once. The same decision again changes nothing, and the first one who made it stands. What a rule has applied
   * can be decided otherwise. `keep_new`: the newer context supersedes the older one; `keep_old`: the other way round, the newer
   * one was never valid; `keep_both`: both are valid, and the pair is not proposed again; `remove_both`: both versions are deleted
   * for good, and the conflict with them.
   * @returns the conflict as it was decided
   * @throws DomainError `conflict-not-found`; `conflict-resolved` where somebody has decided otherwise; `circular-succession`
   */
  resolve(by: Principal, id: ConflictId, disposition: Disposition): Promise<Conflict> {
    const { workspaceId } = by;
    return this.transactions.run(
      async () => {
        const found = await this.conflicts.find(workspaceId, id);
        if (found === undefined) throw conflictNotFound(id);
        // Locks are taken in one order everywhere: labels, what is valid, rows.
        const labels = disposition === 'remove_both' ? await this.lockLabels(found) : new Map();
        await this.outcomes.lock(workspaceId, found.projectId);
        const conflict = await this.conflicts.findForChange(workspaceId, id);
        if (conflict === undefined) throw conflictNotFound(id);
        if (conflict.disposition === disposition) return conflict;
        if (conflict.disposition !== null) throw conflictResolved(conflict.disposition);
        const decided = { by, at: this.clock.now() };
        await this.conflicts.resolve(conflict, disposition, decided);
        await this.cache.invalidate([conflictsTag({ workspace: workspaceId, project: conflict.project })]);
        await this.act(conflict, disposition, labels);
        return { ...conflict, state: 'resolved', disposition, decidedBy: by.id, decidedAt: decided.at };
      },
      { retries: 3 },
    );
  }

  /** In the order of the labels, as whoever locks several does. */
  private async lockLabels({ workspaceId, id, older, newer }: Conflict): Promise<ReadonlyMap<ContextId, LockedLabel>> {
    const both = [older, newer].sort((one, other) => Buffer.compare(Buffer.from(one.label), Buffer.from(other.label)));
    const locked = new Map<ContextId, LockedLabel>();
    for (const context of both) {
      const line = await this.contexts.lockLabelOf(workspaceId, context.id);
      if (line === undefined) throw conflictNotFound(id);
      locked.set(context.id, line);
    }
    return locked;
  }

  private async act(
    { workspaceId, project, older, newer, state }: Conflict,
    disposition: Disposition,
    labels: ReadonlyMap<ContextId, LockedLabel>,
  ): Promise<void> {
    const succession = { olderId: older.id, newerId: newer.id };
    if (disposition === 'keep_new') await this.outcomes.replace(workspaceId, project, succession);
    if (disposition === 'keep_old') {
      await this.outcomes.replace(workspaceId, project, { olderId: newer.id, newerId: older.id });
    }
    if (disposition === 'keep_both' && state === 'applied') {
      await this.outcomes.keepBoth(workspaceId, project, succession);
    }
    if (disposition !== 'remove_both') return;
    for (const [id, line] of labels) await this.deletion.deleteFrom(workspaceId, project, line, [id]);
    await this.changes.erased(workspaceId);
  }
}
