import type { EntryId, Metadata, ProjectId, SessionId, WorkspaceId } from '#kernel';
import { type EntryKind, type SessionEntry, todoPriorities } from '../session-entry.js';

export interface EntryRow {
  readonly workspace_id: WorkspaceId;
  readonly id: EntryId;
  readonly session_id: SessionId | null;
  readonly project_id: ProjectId;
  readonly kind: EntryKind;
  readonly text: string;
  readonly metadata: Metadata;
  readonly priority: number | null;
  readonly created_at: Date;
  readonly resolved_at: Date | null;
  readonly resolved_by: EntryId | null;
}

export const ENTRY_COLUMNS =
  'workspace_id, id, session_id, project_id, kind, text, metadata, priority, created_at, resolved_at, resolved_by';

/** Priorities are kept as their place in the order. */
export function toEntryPriority(priority: SessionEntry['priority']): number | null {
  return priority === null ? null : todoPriorities.indexOf(priority);
}

export function toEntry(row: EntryRow): SessionEntry {
  return {
    workspaceId: row.workspace_id,
    id: row.id,
    sessionId: row.session_id,
    projectId: row.project_id,
    kind: row.kind,
    text: row.text,
    metadata: row.metadata,
    priority: row.priority === null ? null : (todoPriorities[row.priority] ?? 'low'),
    createdAt: row.created_at,
    resolvedAt: row.resolved_at,
    resolvedBy: row.resolved_by,
  };
}
