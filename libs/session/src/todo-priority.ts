import type { Metadata } from './session.js';
import type { TodoPriority } from './session-entry.js';

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
