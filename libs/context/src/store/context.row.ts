import type { ContextId, ProjectId, Revision, SessionId, WorkspaceId } from '#kernel';
import type { Context, ContextSummary } from '../context.js';
import type { Priority } from '../extract/priority.js';

export interface ContextSummaryRow {
  readonly workspace_id: WorkspaceId;
  readonly project_id: ProjectId;
  readonly project: string;
  readonly id: ContextId;
  readonly label: string;
  readonly version: number;
  readonly content_hash: Buffer;
  readonly content_bytes: number;
  readonly preview: string;
  readonly key_concepts: string[];
  readonly extract_version: number;
  readonly tags: string[];
  readonly priority: Priority;
  readonly priority_detected: boolean;
  readonly session_id: SessionId | null;
  readonly metadata: Record<string, unknown>;
  readonly revision: Revision;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly archived_at: Date | null;
  readonly archive_reason: string | null;
}

export interface ContextRow extends ContextSummaryRow {
  readonly content: string;
}

/** Of `contexts c` joined with `projects p`. */
export const SUMMARY_COLUMNS = `
  c.workspace_id, c.project_id, p.slug AS project, c.id, c.label, c.version, c.content_hash, c.content_bytes, c.preview,
  c.key_concepts, c.extract_version, c.tags, c.priority, c.priority_detected, c.session_id, c.metadata, c.revision,
  c.created_at, c.updated_at, c.archived_at, c.archive_reason`;

export const WITH_PROJECT = 'JOIN projects p ON p.workspace_id = c.workspace_id AND p.id = c.project_id';

export const SELECT_SUMMARY = `SELECT ${SUMMARY_COLUMNS} FROM contexts c ${WITH_PROJECT}`;
export const SELECT_CONTEXT = `SELECT ${SUMMARY_COLUMNS}, c.content FROM contexts c ${WITH_PROJECT}`;

export function toSummary(row: ContextSummaryRow): ContextSummary {
  return {
    workspaceId: row.workspace_id,
    projectId: row.project_id,
    project: row.project,
    id: row.id,
    label: row.label,
    version: row.version,
    contentHash: row.content_hash.toString('hex'),
    contentBytes: row.content_bytes,
    preview: row.preview,
    keyConcepts: row.key_concepts,
    extractVersion: row.extract_version,
    tags: row.tags,
    priority: row.priority,
    priorityDetected: row.priority_detected,
    sessionId: row.session_id,
    metadata: row.metadata,
    revision: row.revision,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    archivedAt: row.archived_at,
    archiveReason: row.archive_reason,
  };
}

export function toContext(row: ContextRow): Context {
  return { ...toSummary(row), content: row.content };
}
