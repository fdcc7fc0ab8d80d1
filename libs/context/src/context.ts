import type { Authorship, ContextId, ProjectId, Revision, SessionId, WorkspaceId } from '#kernel';
import type { Priority } from './extract/priority.js';
import type { Validity } from './validity/validity.js';

/**
 * One version of a labelled text: the unit of memory. Its words never change; a new text under the label is a new
 * version. Only tags, priority, metadata and whether it is archived may change, each giving it another `revision`; and what
 * supersedes it, which follows from the versions that there are.
 */
export interface Context extends Authorship, Validity {
  readonly workspaceId: WorkspaceId;
  readonly projectId: ProjectId;
  /** Slug of that project. */
  readonly project: string;
  readonly id: ContextId;
  readonly label: string;
  /** 1, 2, 3… within project and label, without gaps. An archived version keeps its number. */
  readonly version: number;
  /** Byte for byte as it was stored. */
  readonly content: string;
  /** SHA-256 of the content's UTF-8 bytes, in hexadecimal. */
  readonly contentHash: string;
  readonly contentBytes: number;
  readonly preview: string;
  readonly keyConcepts: readonly string[];
  /** Version of the algorithm that made preview and key concepts. */
  readonly extractVersion: number;
  readonly tags: readonly string[];
  readonly priority: Priority;
  /** Whether the priority was read from the text rather than given. */
  readonly priorityDetected: boolean;
  /** The session that stored it. */
  readonly sessionId: SessionId | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly revision: Revision;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly archivedAt: Date | null;
  readonly archiveReason: string | null;
}

/** A context without its text: what lists show. */
export type ContextSummary = Omit<Context, 'content'>;

/** The name of a line of versions. */
export interface LabelRef {
  readonly projectId: ProjectId;
  readonly label: string;
}

/** All that are given must hold. */
export interface ContextFilter {
  readonly projectId: ProjectId;
  readonly label?: string;
  readonly labelPrefix?: string;
  readonly priority?: Priority;
  /** Every one of them. */
  readonly tags?: readonly string[];
  readonly sessionId?: SessionId;
  /** `latest`: the newest version of each label; `active`: every one that is not archived; `archived`: those alone. */
  readonly which: 'latest' | 'active' | 'archived';
  /** Of then: the versions that were valid, every one that was not archived, or the archived ones. Absent: now. */
  readonly asOf?: Date;
  /** Only those that are valid at this moment, which is now; where `asOf` is given, then. */
  readonly validAt?: Date;
}

export const embeddingStates = ['pending', 'ready', 'off'] as const;

/**
 * Whether a version can be found by its meaning: `ready`, or `pending` until its vectors of the model in use are
 * there. `off` is what nobody embeds: versions that a newer one has replaced or that are archived, what the model
 * refuses, and everything where embeddings are turned off.
 */
export type EmbeddingState = (typeof embeddingStates)[number];
