import type { Page } from '#http';
import type { ProjectId, SessionId, WorkspaceId } from '#kernel';
import type { Session, SessionState } from '../session.js';

export interface SessionFilter {
  readonly projectId?: ProjectId;
  /** With the moments that states are derived from: see `stateOf`. */
  readonly state?: { readonly is: SessionState; readonly now: Date; readonly idleSince: Date };
}

/** A session as the sweeper walks over them. */
export interface SessionMark {
  readonly workspaceId: WorkspaceId;
  readonly id: SessionId;
  readonly lastActiveAt: Date;
}

/** When a session that was not handed over yet is due: by idleness or by expiry. */
export interface DueBy {
  readonly now: Date;
  readonly idleSince: Date;
}

/**
 * Sessions at rest. The locks last until the surrounding transaction ends. A session locked for activity can be locked
 * for activity by others too, and touched; one locked for a change belongs to that transaction alone.
 */
export abstract class SessionRepository {
  /** @param startedBy id of a principal; sessions are never found by it for a client */
  abstract insert(session: Session, startedBy?: string): Promise<void>;

  abstract find(workspaceId: WorkspaceId, id: SessionId): Promise<Session | undefined>;

  /** Finds and keeps the session from being changed, ended or finalised until this transaction has committed. */
  abstract findForActivity(workspaceId: WorkspaceId, id: SessionId): Promise<Session | undefined>;

  /** Finds and waits until every other transaction that locked the session is over; later ones wait for this. */
  abstract findForChange(workspaceId: WorkspaceId, id: SessionId): Promise<Session | undefined>;

  /** As `findForChange` for a session that is due, without waiting: undefined where it is locked, or not due any more. */
  abstract findDueForChange(workspaceId: WorkspaceId, id: SessionId, due: DueBy): Promise<Session | undefined>;

  /**
   * Writes activity down, unless it was within `touchMs` before or the session is over. Activity makes a session that
   * was handed over open again. Concurrent touches write once.
   */
  abstract touch(
    workspaceId: WorkspaceId,
    id: SessionId,
    activity: { at: Date; expiresAt: Date; touchMs: number },
  ): Promise<void>;

  /** Stores everything of a session that can change. Call it with the session locked for a change. */
  abstract update(session: Session): Promise<void>;

  /** Newest first. */
  abstract list(
    workspaceId: WorkspaceId,
    filter: SessionFilter,
    after: SessionId | undefined,
    limit: number,
  ): Promise<Page<Session, [SessionId]>>;

  /** Sessions of all workspaces that are due, longest inactive first, from behind `after`. Locks nothing. */
  abstract listDue(due: DueBy, after: SessionMark | undefined, limit: number): Promise<readonly SessionMark[]>;

  /** Sessions that the principal started, newest first, whatever their state. */
  abstract listStartedBy(workspaceId: WorkspaceId, startedBy: string, limit: number): Promise<readonly Session[]>;

  /** How many sessions work in the project, whatever their state. */
  abstract count(workspaceId: WorkspaceId, projectId: ProjectId): Promise<number>;
}
