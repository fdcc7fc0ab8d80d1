import type { Authorship, EntryId, Metadata, ProjectId, SessionId, WorkspaceId } from '#kernel';

export const entryKinds = ['progress', 'decision', 'error', 'todo', 'question', 'insight'] as const;
export type EntryKind = (typeof entryKinds)[number];

/** Kinds that stay open until a later entry resolves them. */
export const openKinds = ['todo', 'question', 'error'] as const satisfies readonly EntryKind[];

/** Most urgent first. */
export const todoPriorities = ['critical', 'high', 'normal', 'low'] as const;
export type TodoPriority = (typeof todoPriorities)[number];

/** A small log line of a session. Its words never change; only whether it is still open does. */
export interface SessionEntry extends Authorship {
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

const words: Readonly<Record<string, TodoPriority>> = {
  critical: 'critical',
  urgent: 'critical',
  blocker: 'critical',
  high: 'high',
  normal: 'normal',
  medium: 'normal',
  low: 'low',
  minor: 'low',
};
const levels: readonly TodoPriority[] = ['critical', 'high', 'normal', 'low'];
const doneWords = new Set(['done', 'completed', 'complete', 'closed', 'resolved', 'cancelled', 'canceled']);

/**
 * The priority of a todo, read from its metadata: `priority` as a word, or as a level where a lower one is more
 * urgent (0 to 3, `P0` to `P3`; beyond is low). `normal` where it says nothing that is understood.
 */
export function todoPriorityOf(metadata: Metadata): TodoPriority {
  const { priority } = metadata;
  const word = typeof priority === 'string' ? priority.trim().toLowerCase() : priority;
  if (typeof word === 'string' && Object.hasOwn(words, word)) return words[word] ?? 'normal';
  const level = typeof word === 'string' && /^p?\d$/.test(word) ? Number(word.replace('p', '')) : word;
  if (typeof level !== 'number' || !Number.isInteger(level) || level < 0) return 'normal';
  return levels[level] ?? 'low';
}

/** Whether metadata says that the thing was done by the time it was written down: `done: true` or such a `status`. */
export function isWrittenAsDone(metadata: Metadata): boolean {
  const { done, status } = metadata;
  return done === true || (typeof status === 'string' && doneWords.has(status.trim().toLowerCase()));
}
