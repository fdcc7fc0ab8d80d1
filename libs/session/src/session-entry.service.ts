import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '#database';
import type { Page } from '#http';
import { type EntryId, type Metadata, newId, type ProjectId, type SessionId, type WorkspaceId } from '#kernel';
import { ListCache } from '#cache';
import { writtenByCaller } from '#observability';
import { ForgottenTexts } from '#project';
import { type EntryFilter, SessionEntryRepository } from './persistence/session-entry.repository.js';
import { sessionLogTag } from './session.cache.js';
import { cannotResolve } from './session.errors.js';
import { SessionChanges } from './session-changes.js';
import { SessionObservers } from './session-observers.js';
import { type EntryKind, isWrittenAsDone, openKinds, type SessionEntry, todoPriorityOf } from './session-entry.js';
import { SessionPolicy } from './session-policy.js';
import { SessionService } from './session.service.js';

export interface NewEntry {
  readonly kind: EntryKind;
  readonly text: string;
  readonly metadata: Metadata;
  /** Open entries of the project, of this or an earlier session, that this one settles. */
  readonly resolves: readonly EntryId[];
}

/** The log that a session writes about its work. */
@Injectable()
export class SessionEntryService {
  constructor(
    private readonly entries: SessionEntryRepository,
    private readonly sessions: SessionService,
    private readonly observers: SessionObservers,
    private readonly transactions: TransactionRunner,
    private readonly policy: SessionPolicy,
    private readonly changes: SessionChanges,
    private readonly queries: ListCache,
    private readonly forgotten: ForgottenTexts,
  ) {}

  /**
   * Adds a line in the session's project; counts as activity. Todos, questions and errors stay open until an entry
   * resolves them; resolving what was resolved before changes nothing.
   * @throws DomainError `session-not-found`, `session-ended`, `session-expired`; `entry-not-resolvable` for an id in
   * `resolves` that is no todo, question or error of the project; `context-rejected` for a text that the project rejects.
   */
  add(workspaceId: WorkspaceId, sessionId: SessionId, input: NewEntry): Promise<SessionEntry> {
    return this.transactions.run(async () => {
      const session = await this.sessions.recordActivity(workspaceId, sessionId);
      const { projectId, project } = session;
      await this.forgotten.refuse(session, [{ pointer: '/text', text: input.text }]);
      const now = this.policy.nowOf(session);
      const entry: SessionEntry = {
        workspaceId,
        id: newId(),
        sessionId,
        projectId,
        kind: input.kind,
        text: input.text,
        metadata: input.metadata,
        priority: input.kind === 'todo' ? todoPriorityOf(input.metadata) : null,
        createdAt: now,
        resolvedAt: isOpenKind(input.kind) && isWrittenAsDone(input.metadata) ? now : null,
        resolvedBy: null,
        ...writtenByCaller(),
      };
      const settled = await this.requireResolvable(workspaceId, projectId, input.resolves);
      await this.entries.insert(entry);
      await this.observers.written(session, entry);
      if (input.resolves.length > 0) await this.entries.resolve(workspaceId, input.resolves, entry.id, now);
      const logs = new Set([sessionId, ...settled.map((other) => other.sessionId).filter((id) => id !== null)]);
      const hasTodos = [entry, ...settled].some(({ kind }) => kind === 'todo');
      await this.changes.logged(workspaceId, [...logs], hasTodos ? project : undefined);
      return entry;
    });
  }

  /** Oldest first, in whatever state the session is. @throws DomainError `session-not-found`. */
  async list(
    workspaceId: WorkspaceId,
    sessionId: SessionId,
    filter: EntryFilter,
    after: EntryId | undefined,
    limit: number,
  ): Promise<Page<SessionEntry, [EntryId]>> {
    await this.sessions.get(workspaceId, sessionId);
    const parameters = { sessionId, kind: filter.kind, open: filter.open, after, limit };
    const tags = [sessionLogTag({ workspace: workspaceId, id: sessionId })];
    return this.queries.read({ workspace: workspaceId, statement: 'session-entries', parameters, tags }, () =>
      this.entries.list(workspaceId, sessionId, filter, after, limit),
    );
  }

  private async requireResolvable(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    ids: readonly EntryId[],
  ): Promise<readonly SessionEntry[]> {
    if (ids.length === 0) return [];
    const entries = await this.entries.findForResolving(workspaceId, projectId, ids);
    const found = new Map(entries.map((entry) => [entry.id, entry]));
    for (const [index, id] of ids.entries()) {
      const entry = found.get(id);
      if (entry === undefined) throw cannotResolve(index, 'names no entry of this project');
      if (!isOpenKind(entry.kind))
        throw cannotResolve(
          index,
          `names an entry of kind ${entry.kind}; only ${openKinds.join(', ')} can be resolved`,
        );
    }
    return entries;
  }
}

function isOpenKind(kind: EntryKind): boolean {
  return (openKinds as readonly EntryKind[]).includes(kind);
}
