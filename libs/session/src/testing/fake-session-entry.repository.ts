import { type Page, toPage } from '#http';
import type { EntryId, ProjectId, SessionId, WorkspaceId } from '#kernel';
import { type EntryCount, type EntryFilter, SessionEntryRepository } from '../persistence/session-entry.repository.js';
import { entryKinds, openKinds, type SessionEntry, todoPriorities } from '../session-entry.js';

/** The log of sessions in memory. */
export class FakeSessionEntryRepository extends SessionEntryRepository {
  private rows: readonly SessionEntry[] = [];

  async insert(entry: SessionEntry): Promise<void> {
    this.rows = [...this.rows, entry];
  }

  async list(
    workspaceId: WorkspaceId,
    sessionId: SessionId,
    filter: EntryFilter,
    after: EntryId | undefined,
    limit: number,
  ): Promise<Page<SessionEntry, [EntryId]>> {
    const rows = this.rows
      .filter((row) => row.workspaceId === workspaceId && row.sessionId === sessionId)
      .filter((row) => filter.kind === undefined || row.kind === filter.kind)
      .filter((row) => filter.open === undefined || (filter.open ? isOpen(row) : row.resolvedAt !== null));
    return page(rows, after, limit);
  }

  async findForResolving(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    ids: readonly EntryId[],
  ): Promise<readonly SessionEntry[]> {
    return this.rows.filter(
      (row) => row.workspaceId === workspaceId && row.projectId === projectId && ids.includes(row.id),
    );
  }

  async resolve(workspaceId: WorkspaceId, ids: readonly EntryId[], by: EntryId, at: Date): Promise<void> {
    this.rows = this.rows.map((row) =>
      row.workspaceId === workspaceId && ids.includes(row.id) && row.resolvedAt === null
        ? Object.assign({}, row, { resolvedAt: at, resolvedBy: by })
        : row,
    );
  }

  async listOpenTodos(workspaceId: WorkspaceId, projectId: ProjectId, limit: number): Promise<readonly SessionEntry[]> {
    return this.openTodos(workspaceId, projectId).sort(byUrgency).slice(0, limit);
  }

  async countOpenTodos(workspaceId: WorkspaceId, projectId: ProjectId): Promise<number> {
    return this.openTodos(workspaceId, projectId).length;
  }

  async countWork(
    workspaceId: WorkspaceId,
    sessionId: SessionId,
    projectId: ProjectId,
  ): Promise<readonly EntryCount[]> {
    const work = this.workOf(workspaceId, sessionId, projectId);
    return [...entryKinds]
      .sort()
      .map((kind) => work.filter((row) => row.kind === kind))
      .flatMap((rows) =>
        rows.slice(0, 1).map(({ kind }) => ({ kind, total: rows.length, open: rows.filter(isOpen).length })),
      );
  }

  async listWork(
    workspaceId: WorkspaceId,
    sessionId: SessionId,
    projectId: ProjectId,
    perKind: number,
  ): Promise<readonly SessionEntry[]> {
    const left = this.workOf(workspaceId, sessionId, projectId).filter((row) => row.resolvedAt === null);
    return [...entryKinds].sort().flatMap((kind) =>
      left
        .filter((row) => row.kind === kind)
        .sort((a, b) => urgencyOf(a) - urgencyOf(b) || (a.id > b.id ? -1 : 1))
        .slice(0, perKind)
        .sort(byUrgency),
    );
  }

  async listAll(
    workspaceId: WorkspaceId,
    sessionId: SessionId,
    projectId: ProjectId,
    after: EntryId | undefined,
    limit: number,
  ): Promise<Page<SessionEntry, [EntryId]>> {
    return page(this.workOf(workspaceId, sessionId, projectId), after, limit);
  }

  private openTodos(workspaceId: WorkspaceId, projectId: ProjectId): SessionEntry[] {
    return this.rows.filter(
      (row) => row.workspaceId === workspaceId && row.projectId === projectId && row.kind === 'todo' && isOpen(row),
    );
  }

  private workOf(workspaceId: WorkspaceId, sessionId: SessionId, projectId: ProjectId): SessionEntry[] {
    return this.rows.filter(
      (row) => row.workspaceId === workspaceId && row.sessionId === sessionId && row.projectId === projectId,
    );
  }
}

function isOpen(entry: SessionEntry): boolean {
  return openKinds.some((kind) => kind === entry.kind) && entry.resolvedAt === null;
}

function urgencyOf(entry: SessionEntry): number {
  return entry.priority === null ? 0 : todoPriorities.indexOf(entry.priority);
}

function byUrgency(a: SessionEntry, b: SessionEntry): number {
  return urgencyOf(a) - urgencyOf(b) || (a.id < b.id ? -1 : 1);
}

function page(rows: readonly SessionEntry[], after: EntryId | undefined, limit: number): Page<SessionEntry, [EntryId]> {
  const behind = rows.filter((row) => after === undefined || row.id > after).sort((a, b) => (a.id < b.id ? -1 : 1));
  return toPage(behind, limit, (row) => [row.id]);
}
