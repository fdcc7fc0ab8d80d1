import type { HandoverId, ProjectId, Revision, SessionId, WorkspaceId } from '#kernel';
import type { Handover, HandoverContent, HandoverReason } from '../handover.js';

export interface HandoverRow {
  readonly workspace_id: WorkspaceId;
  readonly id: HandoverId;
  readonly project_id: ProjectId;
  readonly project: string;
  readonly session_id: SessionId | null;
  readonly reason: HandoverReason;
  readonly content: HandoverContent;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly acknowledged_at: Date | null;
  readonly acknowledged_by: string | null;
  readonly acknowledged_session_id: SessionId | null;
  readonly revision: Revision;
}

export const SELECT_HANDOVER = `
  SELECT h.workspace_id, h.id, h.project_id, p.slug AS project, h.session_id, h.reason, h.content, h.created_at,
         h.updated_at, h.acknowledged_at, h.acknowledged_by, h.acknowledged_session_id, h.revision
  FROM handovers h JOIN projects p ON p.workspace_id = h.workspace_id AND p.id = h.project_id`;

/** Earlier releases stored what the clocks of two machines said. */
function withoutNegativeDuration(content: HandoverContent): HandoverContent {
  const { statistics } = content;
  return statistics.durationMs >= 0 ? content : { ...content, statistics: { ...statistics, durationMs: 0 } };
}

export function toHandover(row: HandoverRow): Handover {
  const { acknowledged_at: at, acknowledged_by: by } = row;
  return {
    workspaceId: row.workspace_id,
    id: row.id,
    projectId: row.project_id,
    project: row.project,
    sessionId: row.session_id,
    reason: row.reason,
    content: withoutNegativeDuration(row.content),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    acknowledgement: at === null || by === null ? null : { at, by, sessionId: row.acknowledged_session_id },
    revision: row.revision,
  };
}
