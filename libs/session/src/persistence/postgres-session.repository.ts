import { Injectable } from '@nestjs/common';
import { Database, Table } from '#database';
import { type Page, toPage } from '#http';
import type { ProjectId, SessionId, WorkspaceId } from '#kernel';
import type { Session, SessionState } from '../session.js';
import { type DueBy, type SessionFilter, type SessionMark, SessionRepository } from './session.repository.js';

export const sessionTable = new Table<Session>(
  'sessions',
  's',
  {
    workspaceId: 'uuid',
    id: 'uuid',
    projectId: 'uuid',
    client: 'text',
    metadata: 'jsonb',
    summary: 'text',
    createdAt: 'timestamptz',
    lastActiveAt: 'timestamptz',
    expiresAt: 'timestamptz',
    finalisedAt: 'timestamptz',
    endedAt: 'timestamptz',
    revision: 'uuid',
  },
  true,
);

const SELECT_SESSION = `SELECT ${sessionTable.columns} FROM ${sessionTable.source}`;

function toSession(row: object): Session {
  return sessionTable.toThing(row);
}

/** The conditions of `stateOf` over `$3` (now) and `$4` (idle since). */
const STATE: Readonly<Record<SessionState, string>> = {
  ended: 's.ended_at IS NOT NULL',
  expired: 's.ended_at IS NULL AND s.expires_at <= $3',
  idle: 's.ended_at IS NULL AND s.expires_at > $3 AND s.last_active_at <= $4',
  active: 's.ended_at IS NULL AND s.expires_at > $3 AND s.last_active_at > $4',
};

@Injectable()
export class PostgresSessionRepository extends SessionRepository {
  constructor(private readonly database: Database) {
    super();
  }

  async insert(session: Session, startedBy?: string): Promise<void> {
    await this.database.query(
      `INSERT INTO sessions (workspace_id, id, project_id, client, metadata, summary, created_at, last_active_at,
                             expires_at, finalised_at, ended_at, revision, started_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
      [
        session.workspaceId,
        session.id,
        session.projectId,
        session.client,
        JSON.stringify(session.metadata),
        session.summary,
        session.createdAt,
        session.lastActiveAt,
        session.expiresAt,
        session.finalisedAt,
        session.endedAt,
        session.revision,
        startedBy ?? null,
      ],
    );
  }

  async find(workspaceId: WorkspaceId, id: SessionId): Promise<Session | undefined> {
    const rows = await this.database.query<object>(`${SELECT_SESSION} WHERE s.workspace_id = $1 AND s.id = $2`, [
      workspaceId,
      id,
    ]);
    return rows.map(toSession)[0];
  }

  findForActivity(workspaceId: WorkspaceId, id: SessionId): Promise<Session | undefined> {
    // KEY SHARE does not conflict with the UPDATE of a touch, so most concurrent activity does not wait for one another.
    return this.findLocked(workspaceId, id, 'FOR KEY SHARE');
  }

  findForChange(workspaceId: WorkspaceId, id: SessionId): Promise<Session | undefined> {
    return this.findLocked(workspaceId, id, 'FOR UPDATE');
  }

  async findDueForChange(workspaceId: WorkspaceId, id: SessionId, due: DueBy): Promise<Session | undefined> {
    const locked = await this.database.query(
      `SELECT FROM sessions WHERE workspace_id = $1 AND id = $2 AND finalised_at IS NULL
         AND (last_active_at <= $3 OR expires_at <= $4) FOR UPDATE SKIP LOCKED`,
      [workspaceId, id, due.idleSince, due.now],
    );
    return locked.length === 0 ? undefined : this.find(workspaceId, id);
  }

  async touch(
    workspaceId: WorkspaceId,
    id: SessionId,
    activity: { at: Date; expiresAt: Date; touchMs: number },
  ): Promise<void> {
    await this.database.query(
      `UPDATE sessions
       SET last_active_at = greatest(last_active_at, $3), expires_at = greatest(expires_at, $4), finalised_at = NULL
       WHERE workspace_id = $1 AND id = $2 AND ended_at IS NULL AND expires_at > $3
         AND (last_active_at <= $5 OR finalised_at IS NOT NULL)`,
      [workspaceId, id, activity.at, activity.expiresAt, new Date(activity.at.getTime() - activity.touchMs)],
    );
  }

  async update(session: Session): Promise<void> {
    await this.database.query(
      `UPDATE sessions
       SET project_id = $3, metadata = $4, summary = $5, last_active_at = $6, expires_at = $7, finalised_at = $8,
           ended_at = $9, revision = $10
       WHERE workspace_id = $1 AND id = $2`,
      [
        session.workspaceId,
        session.id,
        session.projectId,
        JSON.stringify(session.metadata),
        session.summary,
        session.lastActiveAt,
        session.expiresAt,
        session.finalisedAt,
        session.endedAt,
        session.revision,
      ],
    );
  }

  async list(
    workspaceId: WorkspaceId,
    filter: SessionFilter,
    after: SessionId | undefined,
    limit: number,
  ): Promise<Page<Session, [SessionId]>> {
    const { projectId, state } = filter;
    const rows = await this.database.query<object>(
      `${SELECT_SESSION}
       WHERE s.workspace_id = $1 AND ($2::uuid IS NULL OR s.project_id = $2)
         AND ($3::timestamptz IS NULL OR $4::timestamptz IS NULL OR (${state === undefined ? 'true' : STATE[state.is]}))
         AND ($5::uuid IS NULL OR s.id < $5)
       ORDER BY s.id DESC LIMIT $6`,
      [workspaceId, projectId ?? null, state?.now ?? null, state?.idleSince ?? null, after ?? null, limit + 1],
    );
    return toPage(rows.map(toSession), limit, (session) => [session.id]);
  }

  async listDue(due: DueBy, after: SessionMark | undefined, limit: number): Promise<readonly SessionMark[]> {
    const rows = await this.database.query<{ workspace_id: WorkspaceId; id: SessionId; last_active_at: Date }>(
      `SELECT workspace_id, id, last_active_at FROM sessions
       WHERE finalised_at IS NULL AND (last_active_at <= $1 OR expires_at <= $2)
         AND ($3::timestamptz IS NULL OR (last_active_at, workspace_id, id) > ($3, $4::uuid, $5::uuid))
       ORDER BY last_active_at, workspace_id, id LIMIT $6`,
      [due.idleSince, due.now, after?.lastActiveAt ?? null, after?.workspaceId ?? null, after?.id ?? null, limit],
    );
    return rows.map((row) => ({ workspaceId: row.workspace_id, id: row.id, lastActiveAt: row.last_active_at }));
  }

  async listStartedBy(workspaceId: WorkspaceId, startedBy: string, limit: number): Promise<readonly Session[]> {
    const rows = await this.database.query<object>(
      `${SELECT_SESSION} WHERE s.workspace_id = $1 AND s.started_by = $2 ORDER BY s.id DESC LIMIT $3`,
      [workspaceId, startedBy, limit],
    );
    return rows.map(toSession);
  }

  async count(workspaceId: WorkspaceId, projectId: ProjectId): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM sessions WHERE workspace_id = $1 AND project_id = $2',
      [workspaceId, projectId],
    );
    return row?.count ?? 0;
  }

  private async findLocked(workspaceId: WorkspaceId, id: SessionId, lock: string): Promise<Session | undefined> {
    const [row] = await this.database.query<{ readonly project: string | null }>(
      `SELECT ${sessionTable.columns} FROM sessions s
       LEFT JOIN projects p ON p.workspace_id = s.workspace_id AND p.id = s.project_id
       WHERE s.workspace_id = $1 AND s.id = $2 ${lock} OF s`,
      [workspaceId, id],
    );
    if (row === undefined) return undefined;
    // The lock may have waited for a switch of project: then the one that it is in now was not looked for.
    return row.project === null ? this.find(workspaceId, id) : toSession(row);
  }
}
