import { Injectable } from '@nestjs/common';
import { Database, Table } from '#database';
import { type Page, toPage } from '#http';
import type { EntryId, ProjectId, SessionId, WorkspaceId } from '#kernel';
import { openKinds, type SessionEntry, todoPriorities } from '../session-entry.js';
import { type EntryCount, type EntryFilter, SessionEntryRepository } from './session-entry.repository.js';

/** Priorities are kept as their place in the order. */
function toEntryPriority(priority: SessionEntry['priority']): number | null {
  return priority === null ? null : todoPriorities.indexOf(priority);
}

export const entryTable = new Table<SessionEntry>(
  'session_entries',
  'session_entries',
  {
    workspaceId: 'uuid',
    id: 'uuid',
    sessionId: 'uuid',
    projectId: 'uuid',
    kind: 'text',
    text: 'text',
    metadata: 'jsonb',
    priority: {
      type: 'smallint',
      read: (stored: number | null) => (stored === null ? null : (todoPriorities[stored] ?? 'low')),
      write: toEntryPriority,
    },
    createdAt: 'timestamptz',
    resolvedAt: 'timestamptz',
    resolvedBy: 'uuid',
    createdBy: 'text',
    importedAuthor: 'text',
  },
  false,
);

function toEntry(row: object): SessionEntry {
  return entryTable.toThing(row);
}

@Injectable()
export class PostgresSessionEntryRepository extends SessionEntryRepository {
  constructor(private readonly database: Database) {
    super();
  }

  insert(entry: SessionEntry): Promise<void> {
    return entryTable.insert(this.database, [entry]);
  }

  async list(
    workspaceId: WorkspaceId,
    sessionId: SessionId,
    filter: EntryFilter,
    after: EntryId | undefined,
    limit: number,
  ): Promise<Page<SessionEntry, [EntryId]>> {
    const rows = await this.database.query<object>(
      `SELECT ${entryTable.columns} FROM session_entries
       WHERE workspace_id = $1 AND session_id = $2 AND ($3::text IS NULL OR kind = $3)
         AND ($4::boolean IS NULL OR (CASE WHEN $4 THEN kind = ANY ($5) AND resolved_at IS NULL ELSE resolved_at IS NOT NULL END))
         AND ($6::uuid IS NULL OR id > $6)
       ORDER BY id LIMIT $7`,
      [workspaceId, sessionId, filter.kind ?? null, filter.open ?? null, openKinds, after ?? null, limit + 1],
    );
    return toPage(rows.map(toEntry), limit, (entry) => [entry.id]);
  }

  async findForResolving(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    ids: readonly EntryId[],
  ): Promise<readonly SessionEntry[]> {
    // In one order everywhere, so that two sessions that resolve the same things can't wait for each other.
    const rows = await this.database.query<object>(
      `SELECT ${entryTable.columns} FROM session_entries
       WHERE workspace_id = $1 AND project_id = $2 AND id = ANY ($3::uuid[]) ORDER BY id FOR NO KEY UPDATE`,
      [workspaceId, projectId, ids],
    );
    return rows.map(toEntry);
  }

  async resolve(workspaceId: WorkspaceId, ids: readonly EntryId[], by: EntryId, at: Date): Promise<void> {
    await this.database.query(
      `UPDATE session_entries SET resolved_at = greatest(created_at, $4), resolved_by = $3
       WHERE workspace_id = $1 AND id = ANY ($2::uuid[]) AND resolved_at IS NULL`,
      [workspaceId, ids, by, at],
    );
  }

  async listOpenTodos(workspaceId: WorkspaceId, projectId: ProjectId, limit: number): Promise<readonly SessionEntry[]> {
    const rows = await this.database.query<object>(
      `SELECT ${entryTable.columns} FROM session_entries
       WHERE workspace_id = $1 AND project_id = $2 AND kind = 'todo' AND resolved_at IS NULL
       ORDER BY priority, id LIMIT $3`,
      [workspaceId, projectId, limit],
    );
    return rows.map(toEntry);
  }

  async countOpenTodos(workspaceId: WorkspaceId, projectId: ProjectId): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM session_entries
       WHERE workspace_id = $1 AND project_id = $2 AND kind = 'todo' AND resolved_at IS NULL`,
      [workspaceId, projectId],
    );
    return row?.count ?? 0;
  }

  countWork(workspaceId: WorkspaceId, sessionId: SessionId, projectId: ProjectId): Promise<readonly EntryCount[]> {
    return this.database.query<EntryCount>(
      `SELECT kind, count(*)::int AS total,
              (count(*) FILTER (WHERE kind = ANY ($4) AND resolved_at IS NULL))::int AS open
       FROM session_entries WHERE workspace_id = $1 AND session_id = $2 AND project_id = $3
       GROUP BY kind ORDER BY kind`,
      [workspaceId, sessionId, projectId, openKinds],
    );
  }

  async listWork(
    workspaceId: WorkspaceId,
    sessionId: SessionId,
    projectId: ProjectId,
    perKind: number,
  ): Promise<readonly SessionEntry[]> {
    const rows = await this.database.query<object>(
      `SELECT ${entryTable.columns} FROM (
         SELECT *, row_number() OVER (PARTITION BY kind ORDER BY priority, id DESC) AS place
         FROM session_entries
         WHERE workspace_id = $1 AND session_id = $2 AND project_id = $3 AND resolved_at IS NULL
       ) AS placed
       WHERE place <= $4 ORDER BY kind, priority, id`,
      [workspaceId, sessionId, projectId, perKind],
    );
    return rows.map(toEntry);
  }

  async listAll(
    workspaceId: WorkspaceId,
    sessionId: SessionId,
    projectId: ProjectId,
    after: EntryId | undefined,
    limit: number,
  ): Promise<Page<SessionEntry, [EntryId]>> {
    const rows = await this.database.query<object>(
      `SELECT ${entryTable.columns} FROM session_entries
       WHERE workspace_id = $1 AND session_id = $2 AND project_id = $3 AND ($4::uuid IS NULL OR id > $4)
       ORDER BY id LIMIT $5`,
      [workspaceId, sessionId, projectId, after ?? null, limit + 1],
    );
    return toPage(rows.map(toEntry), limit, (entry) => [entry.id]);
  }
}
