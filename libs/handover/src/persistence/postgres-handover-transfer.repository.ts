import { Injectable } from '@nestjs/common';
import { Database, ROWS_FINGERPRINT } from '#database';
import type { HandoverId, ProjectId, SessionId, WorkspaceId } from '#kernel';
import { type Place, placesOf } from '#project';
import type { Handover } from '../handover.js';
import { HandoverTransferRepository } from '../transfer/handover-transfer.repository.js';
import { type HandoverRow, SELECT_HANDOVER, toHandover } from './handover.row.js';

const FIELDS = `id uuid, project_id uuid, session_id uuid, reason text, content jsonb, created_at timestamptz,
  updated_at timestamptz, acknowledged_at timestamptz, acknowledged_by text, acknowledged_session_id uuid,
  revision uuid`;

@Injectable()
export class PostgresHandoverTransferRepository extends HandoverTransferRepository {
  constructor(private readonly database: Database) {
    super();
  }

  async mark(workspaceId: WorkspaceId, projectId: ProjectId): Promise<string> {
    const [row] = await this.database.query<{ mark: string }>(
      `SELECT ${ROWS_FINGERPRINT} AS mark
       FROM handovers WHERE workspace_id = $1 AND project_id = $2`,
      [workspaceId, projectId],
    );
    return row?.mark ?? '';
  }

  async list(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    after: HandoverId | undefined,
    limit: number,
  ): Promise<readonly Handover[]> {
    const rows = await this.database.query<HandoverRow>(
      `${SELECT_HANDOVER}
       WHERE h.workspace_id = $1 AND h.project_id = $2 AND ($3::uuid IS NULL OR h.id > $3) ORDER BY h.id LIMIT $4`,
      [workspaceId, projectId, after ?? null, limit],
    );
    return rows.map(toHandover);
  }

  async listSessionIds(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    after: SessionId | undefined,
    limit: number,
  ): Promise<readonly SessionId[]> {
    const rows = await this.database.query<{ id: SessionId }>(
      `SELECT DISTINCT of.id FROM handovers h
         CROSS JOIN LATERAL (VALUES (h.session_id), (h.acknowledged_session_id)) AS of (id)
       WHERE h.workspace_id = $1 AND h.project_id = $2 AND of.id IS NOT NULL AND ($3::uuid IS NULL OR of.id > $3)
       ORDER BY of.id LIMIT $4`,
      [workspaceId, projectId, after ?? null, limit],
    );
    return rows.map(({ id }) => id);
  }

  async sessionsHere(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    among: readonly SessionId[],
  ): Promise<readonly SessionId[]> {
    const rows = await this.database.query<{ id: SessionId }>(
      `SELECT session_id AS id FROM handovers
       WHERE workspace_id = $1 AND session_id = ANY ($3::uuid[]) AND project_id = $2
       UNION
       SELECT acknowledged_session_id FROM handovers
       WHERE workspace_id = $1 AND acknowledged_session_id = ANY ($3::uuid[]) AND project_id = $2`,
      [workspaceId, projectId, among],
    );
    return rows.map(({ id }) => id);
  }

  async places(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    ids: readonly HandoverId[],
  ): Promise<ReadonlyMap<HandoverId, Place>> {
    const rows = await this.database.query<{ id: HandoverId; is_here: boolean }>(
      'SELECT id, project_id = $2 AS is_here FROM handovers WHERE workspace_id = $1 AND id = ANY ($3::uuid[])',
      [workspaceId, projectId, ids],
    );
    return placesOf(rows);
  }

  async leftBy(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    sessionIds: readonly SessionId[],
  ): Promise<ReadonlyMap<SessionId, HandoverId>> {
    const rows = await this.database.query<{ session_id: SessionId; id: HandoverId }>(
      `SELECT session_id, id FROM handovers
       WHERE workspace_id = $1 AND session_id = ANY ($3::uuid[]) AND project_id = $2 AND reason <> 'manual'`,
      [workspaceId, projectId, sessionIds],
    );
    return new Map(rows.map((row) => [row.session_id, row.id]));
  }

  async insert(handovers: readonly Handover[]): Promise<void> {
    const [first] = handovers;
    if (first === undefined) return;
    await this.database.query(
      `INSERT INTO handovers (workspace_id, id, project_id, session_id, reason, content, created_at, updated_at,
                              acknowledged_at, acknowledged_by, acknowledged_session_id, revision)
       SELECT $1, id, project_id, session_id, reason, content, created_at, updated_at, acknowledged_at, acknowledged_by,
              acknowledged_session_id, revision
       FROM jsonb_to_recordset($2::jsonb) AS given (${FIELDS})`,
      [first.workspaceId, JSON.stringify(handovers.map(toFields))],
    );
  }

  async replace(handovers: readonly Handover[]): Promise<void> {
    const [first] = handovers;
    if (first === undefined) return;
    await this.database.query(
      `UPDATE handovers AS h
       SET session_id = given.session_id, reason = given.reason, content = given.content, created_at = given.created_at,
           updated_at = given.updated_at, acknowledged_at = given.acknowledged_at,
           acknowledged_by = given.acknowledged_by, acknowledged_session_id = given.acknowledged_session_id,
           revision = given.revision
       FROM jsonb_to_recordset($2::jsonb) AS given (${FIELDS})
       WHERE h.workspace_id = $1 AND h.id = given.id`,
      [first.workspaceId, JSON.stringify(handovers.map(toFields))],
    );
  }
}

function toFields(handover: Handover): object {
  const { acknowledgement } = handover;
  return {
    id: handover.id,
    project_id: handover.projectId,
    session_id: handover.sessionId,
    reason: handover.reason,
    content: handover.content,
    created_at: handover.createdAt,
    updated_at: handover.updatedAt,
    acknowledged_at: acknowledgement?.at ?? null,
    acknowledged_by: acknowledgement?.by ?? null,
    acknowledged_session_id: acknowledgement?.sessionId ?? null,
    revision: handover.revision,
  };
}
