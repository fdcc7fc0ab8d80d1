import type { Metadata, ProjectId, Revision, SessionId, WorkspaceId } from '#kernel';

export const sessionStates = ['active', 'idle', 'ended', 'expired'] as const;
export type SessionState = (typeof sessionStates)[number];

/** One client's working period in a project. Nothing of a session is found by credential or user agent: its id is all. */
export interface Session {
  readonly workspaceId: WorkspaceId;
  readonly id: SessionId;
  /** Where it works now; a switch changes it. */
  readonly projectId: ProjectId;
  /** Slug of that project. */
  readonly project: string;
  readonly client: string | null;
  readonly metadata: Metadata;
  readonly summary: string | null;
  readonly createdAt: Date;
  /** Behind the last activity by less than the touch interval (60 s by default). */
  readonly lastActiveAt: Date;
  /** Slides with `lastActiveAt`. */
  readonly expiresAt: Date;
  /** When its work was last handed over; null while there is newer activity than that. */
  readonly finalisedAt: Date | null;
  /** When its client ended it. */
  readonly endedAt: Date | null;
  /** Another one after every change that a client makes: patches and the end. Activity alone is none. */
  readonly revision: Revision;
}

/**
 * The state at a moment. It is derived from stored times, never stored itself: so it is right between two sweeps,
 * whoever asks, and no cache can keep it alive.
 */
export function stateOf(session: Session, now: Date, idleMs: number): SessionState {
  if (session.endedAt !== null) return 'ended';
  if (session.expiresAt <= now) return 'expired';
  return session.lastActiveAt.getTime() + idleMs <= now.getTime() ? 'idle' : 'active';
}
