import type { ConversationId, Metadata, ProjectId, Revision, SessionId, WorkspaceId } from '#kernel';

export const conversationStates = ['active', 'archived'] as const;
export type ConversationState = (typeof conversationStates)[number];

/** Messages of a session, a user or an agent, in order. It outlives the session it was begun in. */
export interface Conversation {
  readonly workspaceId: WorkspaceId;
  readonly id: ConversationId;
  readonly projectId: ProjectId;
  /** Slug of that project. */
  readonly project: string;
  /** How its client knows it; unique in the project. */
  readonly externalId: string | null;
  /** Whose conversation it is, as the client names users. */
  readonly userId: string | null;
  /** The session it belongs to; null also where that was deleted with another project. */
  readonly sessionId: SessionId | null;
  readonly title: string | null;
  readonly metadata: Metadata;
  readonly createdAt: Date;
  /** An archived one can be read, and takes no messages. */
  readonly archivedAt: Date | null;
  /** The greatest sequence number that was given out; it never goes back. */
  readonly lastSeq: number;
  readonly messageCount: number;
  /** The latest time of any message that was appended, deleted ones too. */
  readonly lastMessageAt: Date | null;
  /** Another one after every change but messages. */
  readonly revision: Revision;
}

export function stateOf({ archivedAt }: Pick<Conversation, 'archivedAt'>): ConversationState {
  return archivedAt === null ? 'active' : 'archived';
}
