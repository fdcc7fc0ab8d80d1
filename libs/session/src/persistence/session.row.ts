import type { Metadata, ProjectId, Revision, SessionId, WorkspaceId } from '#kernel';
import type { Session } from '../session.js';

export interface SessionRow {
  readonly workspace_id: WorkspaceId;
  readonly id: SessionId;
  readonly project_id: ProjectId;
  readonly project: string;
  readonly client: string | null;
  readonly metadata: Metadata;
  readonly summary: string | null;
  readonly created_at: Date;
  readonly last_active_at: Date;
  readonly expires_at: Date;
  readonly finalised_at: Date | null;
  readonly ended_at: Date | null;
  readonly revision: Revision;
}

export const SELECT_SESSION = `
  SELECT s.workspace_id, s.id, s.project_id, p.slug AS project, s.client, s.metadata, s.summary, s.created_at,
         s.last_active_at, s.expires_at, s.finalised_at, s.ended_at, s.revision
  FROM sessions s JOIN projects p ON p.workspace_id = s.workspace_id AND p.id = s.project_id`;

export function toSession(row: SessionRow): Session {
  return {
    workspaceId: row.workspace_id,
    id: row.id,
    projectId: row.project_id,
    project: row.project,
    client: row.client,
    metadata: row.metadata,
    summary: row.summary,
    createdAt: row.created_at,
    lastActiveAt: row.last_active_at,
    expiresAt: row.expires_at,
    finalisedAt: row.finalised_at,
    endedAt: row.ended_at,
    revision: row.revision,
  };
}
