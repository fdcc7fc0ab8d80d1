import { Injectable } from '@nestjs/common';
import { Database, ROWS_FINGERPRINT } from '#database';
import type { EntryId, ProjectId, SessionId, WorkspaceId } from '#kernel';
import { type Place, placesOf } from '#project';
import type { Session } from '../session.js';
import type { SessionEntry } from '../session-entry.js';
import { type Resolution, SessionTransferRepository } from '../transfer/session-transfer.repository.js';
import { ENTRY_COLUMNS, type EntryRow, toEntry, toEntryPriority } from './session-entry.row.js';
import { SELECT_SESSION, type SessionRow, toSession } from './session.row.js';

const SESSION_FIELDS = `id uuid, project_id uuid, client text, metadata jsonb, summary text, created_at timestamptz,
  last_active_at timestamptz, expires_at timestamptz, finalised_at timestamptz, ended_at timestamptz, revision uuid`;

const ENTRY_FIELDS = `id uuid, session_id uuid, project_id uuid, kind text, text text, metadata jsonb, priority smallint,
  created_at timestamptz, resolved_at timestamptz`;

@Injectable()
export class PostgresSessionTransferRepository extends SessionTransferRepository {
  constructor(private readonly database: Database) {
    super();
  }

  async mark(workspaceId: WorkspaceId, projectId: ProjectId): Promise<string> {
    const [row] = await this.database.query<{ mark: string }>(
      `SELECT concat_ws('/',
         (SELECT ${ROWS_FINGERPRINT}
          FROM sessions WHERE workspace_id = $1),
         (SELECT ${ROWS_FINGERPRINT}
          FROM session_entries WHERE workspace_id = $1 AND project_id = $2)) AS mark`,
      [workspaceId, projectId],
    );
    return row?.mark ?? '';
  }

  async listSessionIds(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    after: SessionId | undefined,
    limit: number,
  ): Promise<readonly SessionId[]> {
    const rows = await this.database.query<{ id: SessionId }>(
      `SELECT id FROM sessions WHERE workspace_id = $1 AND project_id = $2 AND ($3::uuid IS NULL OR id > $3)
       UNION
       SELECT session_id FROM session_entries
       WHERE workspace_id = $1 AND project_id = $2 AND session_id IS NOT NULL AND ($3::uuid IS NULL OR session_id > $3)
       ORDER BY id LIMIT $4`,
      [workspaceId, projectId, after ?? null, limit],
    );
    return rows.map(({ id }) => id);
  }

  async findSessions(workspaceId: WorkspaceId, ids: readonly SessionId[]): Promise<readonly Session[]> {
    const rows = await this.database.query<SessionRow>(
      `${SELECT_SESSION} WHERE s.workspace_id = $1 AND s.id = ANY ($2::uuid[]) ORDER BY s.id`,
      [workspaceId, ids],
    );
    return rows.map(toSession);
  }

  async countEntries(workspaceId: WorkspaceId, projectId: ProjectId): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      'SELECT count(*)::integer AS count FROM session_entries WHERE workspace_id = $1 AND project_id = $2',
      [workspaceId, projectId],
    );
    return row?.count ?? 0;
  }

  async listEntries(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    after: EntryId | undefined,
    limit: number,
  ): Promise<readonly SessionEntry[]> {
    const rows = await this.database.query<EntryRow>(
      `SELECT ${ENTRY_COLUMNS} FROM session_entries
       WHERE workspace_id = $1 AND project_id = $2 AND ($3::uuid IS NULL OR id > $3) ORDER BY id LIMIT $4`,
      [workspaceId, projectId, after ?? null, limit],
    );
    return rows.map(toEntry);
  }

  async placesOfSessions(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    ids: readonly SessionId[],
  ): Promise<ReadonlyMap<SessionId, Place>> {
    const rows = await this.database.query<{ id: SessionId; is_here: boolean }>(
      `SELECT s.id, s.project_id = $2 OR EXISTS (
         SELECT FROM session_entries e
         WHERE e.workspace_id = $1 AND e.session_id = s.id AND e.project_id = $2) AS is_here
       FROM sessions s WHERE s.workspace_id = $1 AND s.id = ANY ($3::uuid[])`,
      [workspaceId, projectId, ids],
    );
    return placesOf(rows);
  }

  async placesOfEntries(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    ids: readonly EntryId[],
  ): Promise<ReadonlyMap<EntryId, Place>> {
    const rows = await this.database.query<{ id: EntryId; is_here: boolean }>(
      `SELECT id, project_id = $2 AS is_here FROM session_entries WHERE workspace_id = $1 AND id = ANY ($3::uuid[])`,
      [workspaceId, projectId, ids],
    );
    return placesOf(rows);
  }

  async insertSessions(sessions: readonly Session[]): Promise<void> {
    const [first] = sessions;
    if (first === undefined) return;
    await this.database.query(
      `INSERT INTO sessions (workspace_id, id, project_id, client, metadata, summary, created_at, last_active_at,
                             expires_at, finalised_at, ended_at, revision)
       SELECT $1, id, project_id, client, metadata, summary, created_at, last_active_at, expires_at, finalised_at,
              ended_at, revision
       FROM jsonb_to_recordset($2::jsonb) AS given (${SESSION_FIELDS})`,
      [first.workspaceId, JSON.stringify(sessions.map(toSessionFields))],
    );
  }

  async replaceSessions(sessions: readonly Session[]): Promise<void> {
    const [first] = sessions;
    if (first === undefined) return;
    await this.database.query(
      `UPDATE sessions AS s
       SET client = given.client, metadata = given.metadata, summary = given.summary, created_at = given.created_at,
           last_active_at = given.last_active_at, expires_at = given.expires_at, finalised_at = given.finalised_at,
           ended_at = given.ended_at, revision = given.revision
       FROM jsonb_to_recordset($2::jsonb) AS given (${SESSION_FIELDS})
       WHERE s.workspace_id = $1 AND s.id = given.id`,
      [first.workspaceId, JSON.stringify(sessions.map(toSessionFields))],
    );
  }

  async insertEntries(entries: readonly SessionEntry[]): Promise<void> {
    const [first] = entries;
    if (first === undefined) return;
    await this.database.query(
      `INSERT INTO session_entries (workspace_id, id, session_id, project_id, kind, text, metadata, priority, created_at,
                                    resolved_at)
       SELECT $1, id, session_id, project_id, kind, text, metadata, priority, created_at, resolved_at
       FROM jsonb_to_recordset($2::jsonb) AS given (${ENTRY_FIELDS})`,
      [first.workspaceId, JSON.stringify(entries.map(toEntryFields))],
    );
  }

  async replaceEntries(entries: readonly SessionEntry[]): Promise<void> {
    const [first] = entries;
    if (first === undefined) return;
    await this.database.query(
      `UPDATE session_entries AS e
       SET kind = given.kind, text = given.text, metadata = given.metadata, priority = given.priority,
           created_at = given.created_at, resolved_at = given.resolved_at, resolved_by = NULL
       FROM jsonb_to_recordset($2::jsonb) AS given (${ENTRY_FIELDS})
       WHERE e.workspace_id = $1 AND e.id = given.id`,
      [first.workspaceId, JSON.stringify(entries.map(toEntryFields))],
    );
  }

  async resolve(workspaceId: WorkspaceId, resolutions: readonly Resolution[]): Promise<void> {
    if (resolutions.length === 0) return;
    await this.database.query(
      `UPDATE session_entries AS e SET resolved_by = given.by
       FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[]) AS given (id, by, at)
       WHERE e.workspace_id = $1 AND e.id = given.id AND e.resolved_by IS NULL AND e.resolved_at = given.at`,
      [workspaceId, resolutions.map(({ id }) => id), resolutions.map(({ by }) => by), resolutions.map(({ at }) => at)],
    );
  }
}

function toSessionFields(session: Session): object {
  return {
    id: session.id,
    project_id: session.projectId,
    client: session.client,
    metadata: session.metadata,
    summary: session.summary,
    created_at: session.createdAt,
    last_active_at: session.lastActiveAt,
    expires_at: session.expiresAt,
    finalised_at: session.finalisedAt,
    ended_at: session.endedAt,
    revision: session.revision,
  };
}

function toEntryFields(entry: SessionEntry): object {
  return {
    id: entry.id,
    session_id: entry.sessionId,
    project_id: entry.projectId,
    kind: entry.kind,
    text: entry.text,
    metadata: entry.metadata,
    priority: toEntryPriority(entry.priority),
    created_at: entry.createdAt,
    resolved_at: entry.resolvedAt,
  };
}
