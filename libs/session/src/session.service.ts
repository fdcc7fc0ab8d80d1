import { Injectable } from '@nestjs/common';
import { CacheService, ListCache } from '#cache';
import { TransactionRunner } from '#database';
import { entityTag, type Page, type Preconditions, requireMatch } from '#http';
import {
  InvalidInputError,
  MAX_METADATA_BYTES,
  mergePatch,
  type Metadata,
  metadataBytes,
  newId,
  newRevision,
  type SessionId,
  type WorkspaceId,
} from '#kernel';
import { ForgottenTexts, ProjectService } from '#project';
import { SessionRepository } from './persistence/session.repository.js';
import type { Session, SessionState } from './session.js';
import { sessionListTag, sessions } from './session.cache.js';
import { SessionChanges } from './session-changes.js';
import { sessionClosed, sessionNotFound, type SessionPointer } from './session.errors.js';
import { SessionObservers } from './session-observers.js';
import { SessionPolicy } from './session-policy.js';

export interface StartSession {
  /** Slug; made where it is missing. */
  readonly project: string;
  readonly client: string | null;
  readonly metadata: Metadata;
  /** Id of the principal, for those who warm what it reads; absent where nobody is to know. */
  readonly startedBy?: string;
}

/** Absent keeps, null clears. */
interface SessionPatch {
  /** A JSON merge patch (RFC 7396). */
  readonly metadata?: Metadata | null;
  readonly summary?: string | null;
  /** Slug of the project to work in from now on. */
  readonly project?: string;
}

/**
 * Working periods of clients.
 *
 * A session is active while its client shows activity, idle after `idleMs` without, expired after `expiryMs` without,
 * and ended when its client says so. An idle session was handed over, or will be by the next sweep; when its client
 * comes back it is active again, and what is done then is handed over by the next finalisation, in the same handover.
 * Ended and expired ones are over: they can be read, and nothing brings them back.
 */
@Injectable()
export class SessionService {
  constructor(
    private readonly repository: SessionRepository,
    private readonly observers: SessionObservers,
    private readonly projects: ProjectService,
    private readonly transactions: TransactionRunner,
    private readonly policy: SessionPolicy,
    private readonly changes: SessionChanges,
    private readonly queries: ListCache,
    private readonly cache: CacheService,
    private readonly forgotten: ForgottenTexts,
  ) {}

  /** A new session, whoever asks: two clients with one credential have two. */
  start(workspaceId: WorkspaceId, input: StartSession): Promise<Session> {
    return this.transactions.run(async () => {
      const project = await this.projects.ensure(workspaceId, input.project);
      const now = this.policy.now();
      const session: Session = {
        workspaceId,
        id: newId(),
        projectId: project.id,
        project: project.slug,
        client: input.client,
        metadata: input.metadata,
        summary: null,
        createdAt: now,
        lastActiveAt: now,
        expiresAt: this.policy.expiryAfter(now),
        finalisedAt: null,
        endedAt: null,
        revision: newRevision(),
      };
      await this.repository.insert(session, input.startedBy);
      await this.changes.written(session);
      await this.changes.moved(workspaceId, session.project);
      return session;
    });
  }

  /** In whatever state it is. @throws DomainError `session-not-found`. */
  async get(workspaceId: WorkspaceId, id: SessionId, named?: SessionPointer): Promise<Session> {
    const key = { workspace: workspaceId, id };
    const session = await this.cache.getOrSet(sessions, key, () => this.repository.find(workspaceId, id));
    if (session?.workspaceId !== workspaceId) throw sessionNotFound(id, named);
    return session;
  }

  /** Newest first. A project that does not exist has none. */
  async list(
    workspaceId: WorkspaceId,
    filter: { readonly project?: string; readonly state?: SessionState },
    after: SessionId | undefined,
    limit: number,
  ): Promise<Page<Session, [SessionId]>> {
    const project = filter.project === undefined ? undefined : await this.projects.find(workspaceId, filter.project);
    if (filter.project !== undefined && project === undefined) return { items: [] };
    const list = { projectId: project?.id, after, limit };
    if (filter.state !== undefined) {
      // Sessions change their state by time alone, which no tag says.
      const now = this.policy.now();
      const state = { is: filter.state, now, idleSince: this.policy.idleSince(now) };
      return this.repository.list(workspaceId, { projectId: project?.id, state }, after, limit);
    }
    const tags = [sessionListTag({ workspace: workspaceId })];
    return this.queries.read({ workspace: workspaceId, statement: 'sessions', parameters: list, tags }, () =>
      this.repository.list(workspaceId, { projectId: project?.id }, after, limit),
    );
  }

  /**
   * Changes what its client says about a session; counts as activity. A switch of project leaves a handover of the
   * work so far in the project it leaves.
   * @param preconditions what it says of the state it is for; absent: any
   * @throws DomainError `session-not-found`, `session-ended`, `session-expired`, `precondition-failed`; `context-rejected` for a
   * summary that the project rejects; `invalid-input` where the merged metadata is too large
   */
  patch(workspaceId: WorkspaceId, id: SessionId, patch: SessionPatch, preconditions?: Preconditions): Promise<Session> {
    return this.transactions.run(async () => {
      const session = await this.repository.findForChange(workspaceId, id);
      if (session === undefined) throw sessionNotFound(id);
      requireMatch(preconditions, this.tagOf(session));
      this.requireOpen(session);
      const now = this.policy.nowOf(session);
      const metadata =
        patch.metadata === undefined
          ? session.metadata
          : patch.metadata === null
            ? {}
            : mergePatch(session.metadata, patch.metadata);
      if (metadataBytes(metadata) > MAX_METADATA_BYTES) {
        throw new InvalidInputError('/metadata', `must be at most ${MAX_METADATA_BYTES} bytes of JSON when merged`);
      }
      const project = patch.project === undefined ? undefined : await this.projects.ensure(workspaceId, patch.project);
      await this.refuse(
        { ...session, projectId: project?.id ?? session.projectId, project: project?.slug ?? session.project },
        patch.summary,
      );
      if (project !== undefined && project.id !== session.projectId) await this.observers.finalised(session, 'switch');
      const patched: Session = {
        ...session,
        projectId: project?.id ?? session.projectId,
        project: project?.slug ?? session.project,
        metadata,
        summary: patch.summary === undefined ? session.summary : patch.summary,
        lastActiveAt: now,
        expiresAt: this.policy.expiryAfter(now),
        finalisedAt: null,
        revision: newRevision(),
      };
      await this.repository.update(patched);
      await this.changes.written(patched);
      if (patched.projectId !== session.projectId) {
        await this.changes.moved(workspaceId, session.project, patched.project);
      }
      return patched;
    });
  }

  /**
   * Says that the client is there. The first in `touchMs` is written at once, others are not, so concurrent and
   * frequent heartbeats cost no writes.
   * @throws DomainError `session-not-found`, `session-ended`, `session-expired`.
   */
  async heartbeat(workspaceId: WorkspaceId, id: SessionId): Promise<Session> {
    const session = await this.get(workspaceId, id);
    this.requireOpen(session);
    if (!this.policy.isTouchDue(session, this.policy.now())) return session;
    return this.transactions.run(async () => {
      await this.recordActivity(workspaceId, id);
      return this.get(workspaceId, id);
    });
  }

  /**
   * Counts work that belongs to a session as activity, where the session is open; otherwise does nothing.
   * As with a heartbeat, the first in `touchMs` is written.
   */
  async noteActivity(workspaceId: WorkspaceId, id: SessionId): Promise<void> {
    const session = await this.get(workspaceId, id);
    if (!this.policy.isOpen(session) || !this.policy.isTouchDue(session, this.policy.now())) return;
    await this.transactions.run(async () => {
      const current = await this.repository.findForActivity(workspaceId, id);
      if (current !== undefined && this.policy.isOpen(current)) await this.touch(current);
    });
  }

  /**
   * For work that is stored under a session, in the transaction that stores it: checks that the session takes it,
   * counts it as activity, and keeps the session from being finalised before that transaction has committed. So the
   * work is in the handover, or it was refused.
   * @param named where the request names the session, unless in its path
   * @throws DomainError `session-not-found`, `session-ended`, `session-expired`.
   */
  recordActivity(workspaceId: WorkspaceId, id: SessionId, named?: SessionPointer): Promise<Session> {
    return this.transactions.run(async () => {
      const session = await this.repository.findForActivity(workspaceId, id);
      if (session === undefined) throw sessionNotFound(id, named);
      this.requireOpen(session, named);
      await this.touch(session);
      return session;
    });
  }

  /** Call it with the session found for activity. */
  private async touch(session: Session): Promise<void> {
    const now = this.policy.now();
    if (!this.policy.isTouchDue(session, now)) return;
    await this.repository.touch(session.workspaceId, session.id, {
      at: now,
      expiresAt: this.policy.expiryAfter(now),
      touchMs: this.policy.touchMs,
    });
    await this.changes.written(session);
  }

  /**
   * Ends a session and hands its work over, in one transaction. Ending again changes nothing, whoever was first: the
   * summary of the first end stands. An expired session can be ended too, so that a late summary is not lost.
   * @param preconditions what it says of the state it is for; absent: any. Not looked at where nothing changes.
   * @throws DomainError `session-not-found`, `precondition-failed`; `context-rejected` for a summary that the project rejects.
   */
  end(
    workspaceId: WorkspaceId,
    id: SessionId,
    summary: string | undefined,
    preconditions?: Preconditions,
  ): Promise<Session> {
    return this.transactions.run(async () => {
      const session = await this.repository.findForChange(workspaceId, id);
      if (session === undefined) throw sessionNotFound(id);
      if (session.endedAt !== null) return session;
      requireMatch(preconditions, this.tagOf(session));
      await this.refuse(session, summary);
      const now = this.policy.nowOf(session);
      const ended: Session = {
        ...session,
        summary: summary ?? session.summary,
        lastActiveAt: this.policy.isOpen(session) ? now : session.lastActiveAt,
        finalisedAt: now,
        endedAt: now,
        revision: newRevision(),
      };
      await this.repository.update(ended);
      await this.changes.written(ended);
      await this.observers.finalised(ended, 'end');
      return ended;
    });
  }

  stateOf(session: Session): SessionState {
    return this.policy.stateOf(session);
  }

  /** Strong tag. Its state is what clients change (metadata, summary, project, end); activity and age are shown beside it. */
  tagOf(session: Session): string {
    const { id, revision, lastActiveAt, expiresAt } = session;
    return entityTag([id, revision], [lastActiveAt.toISOString(), expiresAt.toISOString(), this.stateOf(session)]);
  }

  /** A summary stands in handovers. */
  private async refuse(session: Session, summary: string | null | undefined): Promise<void> {
    if (typeof summary === 'string') await this.forgotten.refuse(session, [{ pointer: '/summary', text: summary }]);
  }

  private requireOpen(session: Session, named?: SessionPointer): void {
    const state = this.policy.stateOf(session);
    if (state === 'ended' || state === 'expired') throw sessionClosed(session.id, state, named);
  }
}
