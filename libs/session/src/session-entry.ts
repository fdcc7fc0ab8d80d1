import type { EntryId, ProjectId, SessionId, WorkspaceId } from '#kernel';
import type { Metadata } from './session.js';

export const entryKinds = ['progress', 'decision', 'error', 'todo', 'question', 'insight'] as const;
export type EntryKind = (typeof entryKinds)[number];

/** Kinds that stay open until a later entry resolves them. */
export const openKinds = ['todo', 'question', 'error'] as const satisfies readonly EntryKind[];

/** Most urgent first. */
export const todoPriorities = ['critical', 'high', 'normal', 'low'] as const;
export type TodoPriority = (typeof todoPriorities)[number];

/** A small log line of a session. Its words never change; only whether it is still open does. */
export interface SessionEntry {
  readonly workspaceId: WorkspaceId;
  readonly id: EntryId;
  /** Who wrote it; null where that session worked elsewhere in the end and was deleted with that project. */
  readonly sessionId: SessionId | null;
  /** The project the session worked in when it was written. */
  readonly projectId: ProjectId;
  readonly kind: EntryKind;
  readonly text: string;
  readonly metadata: Metadata;
  /** Of todos; null for other kinds. */
  readonly priority: TodoPriority | null;
  readonly createdAt: Date;
  /** When it was resolved; null while open, and for kinds that can't be. */
  readonly resolvedAt: Date | null;
  /** The entry that resolved it; null where it was written as done. */
  readonly resolvedBy: EntryId | null;
}
