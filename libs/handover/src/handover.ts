import type { Authorship, ContextId, EntryId, HandoverId, ProjectId, Revision, SessionId, WorkspaceId } from '#kernel';
import { type EntryKind, finaliseReasons, type TodoPriority } from '#session';

/** Why it was made: how the session's work came to a stop, or `manual` for one made by hand. */
export const handoverReasons = [...finaliseReasons, 'manual'] as const;
type HandoverReason = (typeof handoverReasons)[number];

/** Lists that a handover may have to cut. */
export const handoverSections = [
  'workDone',
  'decisions',
  'openTodos',
  'questions',
  'errors',
  'insights',
  'contextsUsed',
] as const;
type HandoverSection = (typeof handoverSections)[number];

export interface HandoverItem {
  /** The entry it was taken from, which has the whole text; null where it was written by hand. */
  readonly entryId: EntryId | null;
  readonly text: string;
  /** Whether the text was cut. */
  readonly truncated: boolean;
  /** ISO 8601, in UTC. */
  readonly createdAt: string;
}

export interface HandoverTodo extends HandoverItem {
  readonly priority: TodoPriority;
}

export interface UsedContext {
  readonly id: ContextId;
  readonly label: string;
  readonly version: number;
}

interface HandoverStatistics {
  /** From the start of the session to its last activity; 0 without a session. */
  readonly durationMs: number;
  /** Entries by kind, resolved ones as well. */
  readonly entries: Readonly<Record<EntryKind, number>>;
  readonly contexts: number;
}

/** What one session leaves to the next, bounded in size. Plain JSON: it is kept and sent as it is. */
export interface HandoverContent {
  readonly summary: string | null;
  readonly workDone: readonly HandoverItem[];
  readonly decisions: readonly HandoverItem[];
  /** Most urgent first. */
  readonly openTodos: readonly HandoverTodo[];
  readonly questions: readonly HandoverItem[];
  /** Those that nothing resolved. */
  readonly errors: readonly HandoverItem[];
  readonly insights: readonly HandoverItem[];
  /** What to begin with: what was given by hand, then the most urgent todos and the open questions. */
  readonly nextSteps: readonly string[];
  readonly contextsUsed: readonly UsedContext[];
  readonly statistics: HandoverStatistics;
  /** How many of each list were left out; 0 where it is whole. */
  readonly omitted: Readonly<Record<HandoverSection, number>>;
}

export interface Handover extends Authorship {
  readonly workspaceId: WorkspaceId;
  readonly id: HandoverId;
  readonly projectId: ProjectId;
  /** Slug of that project. */
  readonly project: string;
  readonly sessionId: SessionId | null;
  readonly reason: HandoverReason;
  readonly content: HandoverContent;
  readonly createdAt: Date;
  /** When its content was last made again, by a session that went on after it. */
  readonly updatedAt: Date;
  readonly acknowledgement: Acknowledgement | null;
  /** Another one after every change of it. */
  readonly revision: Revision;
}

/** That somebody took the work over. Content that is new since then is not acknowledged. */
export interface Acknowledgement {
  readonly at: Date;
  /** Id of the principal. */
  readonly by: string;
  readonly sessionId: SessionId | null;
}
