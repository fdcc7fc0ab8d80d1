import { Injectable } from '@nestjs/common';
import { CacheService, ListCache } from '#cache';
import { ContextReader } from '#context';
import { TransactionRunner } from '#database';
import { entityTag, type Page, type Preconditions, requireMatch } from '#http';
import {
  Clock,
  type HandoverId,
  InvalidInputError,
  newId,
  newRevision,
  NotFoundError,
  type Principal,
  type SessionId,
  type WorkspaceId,
} from '#kernel';
import { writtenByCaller } from '#observability';
import { DEFAULT_PROJECT, ForgottenTexts, ProjectService } from '#project';
import {
  type FinaliseReason,
  type Session,
  SessionObserver,
  SessionObservers,
  SessionReader,
  SessionService,
} from '#session';
import { composeHandover, isEmptyHandover, MAX_ITEMS, type NotesByHand, textsOfNotes } from './compose-handover.js';
import type { Handover, HandoverContent } from './handover.js';
import { anyHandoverTag, handovers, handoversTag } from './handover.cache.js';
import { HandoverChanges } from './handover-changes.js';
import { HandoverObservers } from './handover-observers.js';
import { HandoverRepository } from './persistence/handover.repository.js';

const SESSION_ID = { pointer: '/sessionId' };
const SESSION_ID_IN_QUERY = { pointer: '/sessionId', in: 'query' } as const;

/** What sessions leave for the next ones. */
@Injectable()
export class HandoverService extends SessionObserver {
  constructor(
    private readonly repository: HandoverRepository,
    private readonly sessions: SessionService,
    private readonly work: SessionReader,
    private readonly contexts: ContextReader,
    private readonly projects: ProjectService,
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
    private readonly changes: HandoverChanges,
    private readonly queries: ListCache,
    private readonly cache: CacheService,
    private readonly made: HandoverObservers,
    private readonly forgotten: ForgottenTexts,
    observers: SessionObservers,
  ) {
    super();
    observers.register(this);
  }

  /**
   * Leaves the session's handover, exactly one in each project it worked in: a session that goes on after it was
   * handed over gets the same one made again. A mere switch of project leaves none where nothing was done.
   */
  async onFinalised(session: Session, reason: FinaliseReason): Promise<void> {
    const content = await this.compose(session, { isKept: true });
    if (reason === 'switch' && isEmptyHandover(content)) return;
    const now = this.clock.now();
    const left = await this.repository.leave({
      workspaceId: session.workspaceId,
      id: newId(),
      projectId: session.projectId,
      project: session.project,
      sessionId: session.id,
      reason,
      content,
      createdAt: now,
      updatedAt: now,
      acknowledgement: null,
      revision: newRevision(),
      ...writtenByCaller(),
    });
    await this.changes.written(left);
    await this.made.made(left);
  }

  /** Handovers are imported themselves. */
  onImported(): Promise<void> {
    return Promise.resolve();
  }

  /**
   * Ends a session and returns it with the handover it left. Ending again gives the same answer, and makes nothing.
   * @param preconditions as `SessionService.end`
   * @throws DomainError `session-not-found`, `precondition-failed`.
   */
  endSession(
    workspaceId: WorkspaceId,
    id: SessionId,
    summary: string | undefined,
    preconditions?: Preconditions,
  ): Promise<{ session: Session; handover: Handover }> {
    return this.transactions.run(async () => {
      const session = await this.sessions.end(workspaceId, id, summary, preconditions);
      const handover = await this.repository.findLeft(workspaceId, session.id, session.projectId);
      if (handover === undefined) throw new Error(`Session ${id} ended without a handover.`);
      return { session, handover };
    });
  }

  /**
   * Makes one by hand: of a session as it is now, which may go on, or of a project. It stands beside the one that the
   * session leaves in the end.
   * @throws DomainError `session-not-found`; `invalid-input` where the session works in another project;
   * `context-rejected` for a text that the project rejects.
   */
  makeByHand(
    workspaceId: WorkspaceId,
    input: { readonly project?: string; readonly sessionId?: SessionId; readonly notes: NotesByHand },
  ): Promise<Handover> {
    return this.transactions.run(async () => {
      const session =
        input.sessionId === undefined ? undefined : await this.sessions.get(workspaceId, input.sessionId, SESSION_ID);
      if (session !== undefined && input.project !== undefined && session.project !== input.project) {
        throw new InvalidInputError('/project', `must be ${session.project}, where the session works, or left out`);
      }
      const project = await this.projects.ensure(workspaceId, session?.project ?? input.project ?? DEFAULT_PROJECT);
      const place = { workspaceId, projectId: project.id, project: project.slug };
      await this.forgotten.refuse(place, textsOfNotes(input.notes));
      const now = this.clock.now();
      const handover: Handover = {
        workspaceId,
        id: newId(),
        projectId: project.id,
        project: project.slug,
        sessionId: session?.id ?? null,
        reason: 'manual',
        content:
          session === undefined
            ? await this.composeOfProject(workspaceId, project.id, input.notes)
            : await this.compose(session, { isKept: true, byHand: input.notes }),
        createdAt: now,
        updatedAt: now,
        acknowledgement: null,
        revision: newRevision(),
        ...writtenByCaller(),
      };
      const kept = await this.repository.insert(handover);
      await this.changes.written(kept);
      await this.made.made(kept);
      return kept;
    });
  }

  /** What a session would leave if it ended now. Computed, never kept. @throws DomainError `session-not-found`. */
  async preview(
    workspaceId: WorkspaceId,
    sessionId: SessionId,
  ): Promise<{ session: Session; content: HandoverContent }> {
    const session = await this.sessions.get(workspaceId, sessionId, SESSION_ID_IN_QUERY);
    return { session, content: await this.compose(session, { isKept: false }) };
  }

  /** The one with the newest content, made by a session or by hand. A project that does not exist has none. */
  async findLatest(workspaceId: WorkspaceId, slug: string): Promise<Handover | undefined> {
    const key = { workspace: workspaceId, by: { project: slug } };
    const latest = await this.cache.getOrSet(handovers, key, async () => {
      const project = await this.projects.find(workspaceId, slug);
      return (project && (await this.repository.findLatest(workspaceId, project.id))) ?? null;
    });
    return latest ?? undefined;
  }

  /** Newest first. A project that does not exist has none. @throws DomainError `session-not-found`. */
  async list(
    workspaceId: WorkspaceId,
    filter: { readonly project?: string; readonly sessionId?: SessionId },
    after: HandoverId | undefined,
    limit: number,
  ): Promise<Page<Handover, [HandoverId]>> {
    const project = filter.project === undefined ? undefined : await this.projects.find(workspaceId, filter.project);
    if (filter.project !== undefined && project === undefined) return { items: [] };
    if (filter.sessionId !== undefined) await this.sessions.get(workspaceId, filter.sessionId, SESSION_ID_IN_QUERY);
    const named = { workspace: workspaceId };
    const tags = [
      filter.project === undefined ? anyHandoverTag(named) : handoversTag({ ...named, project: filter.project }),
    ];
    return this.queries.read({ ...named, statement: 'handovers', parameters: { filter, after, limit }, tags }, () =>
      this.repository.list(workspaceId, { projectId: project?.id, sessionId: filter.sessionId }, after, limit),
    );
  }

  /** @throws DomainError `handover-not-found`. */
  async get(workspaceId: WorkspaceId, id: HandoverId): Promise<Handover> {
    const key = { workspace: workspaceId, by: { id } };
    const handover = await this.cache.getOrSet(handovers, key, () => this.repository.find(workspaceId, id));
    if (handover?.workspaceId !== workspaceId) throw new NotFoundError('Handover', id);
    return handover;
  }

  /**
   * Says that the caller takes the work over. Who says so first stands; again changes nothing.
   * @param preconditions what it says of the state it is for; absent: any. Not looked at where nothing changes.
   * @throws DomainError `handover-not-found`, `precondition-failed`; `session-not-found` for the session that takes it
   * over.
   */
  acknowledge(
    caller: Principal,
    id: HandoverId,
    sessionId: SessionId | undefined,
    preconditions?: Preconditions,
  ): Promise<Handover> {
    const { workspaceId } = caller;
    return this.transactions.run(async () => {
      if (sessionId !== undefined) await this.sessions.get(workspaceId, sessionId, SESSION_ID);
      const current = await this.repository.findForChange(workspaceId, id);
      if (current?.acknowledgement === null) requireMatch(preconditions, this.tagOf(current));
      const acknowledgement = { at: this.clock.now(), by: caller.id, sessionId: sessionId ?? null };
      const handover = await this.repository.acknowledge(workspaceId, id, acknowledgement);
      if (handover === undefined) throw new NotFoundError('Handover', id);
      if (current?.acknowledgement === null) await this.changes.written(handover);
      return handover;
    });
  }

  /** Strong tag. That a session it names was deleted is a state of its own. */
  tagOf({ id, revision, sessionId, acknowledgement }: Handover): string {
    return entityTag([id, revision, sessionId, acknowledgement?.sessionId]);
  }

  /** @param isKept whether it is going to be written by this transaction: then it names nothing that is deleted meanwhile */
  private async compose(
    session: Session,
    { isKept, byHand }: { readonly isKept: boolean; readonly byHand?: NotesByHand },
  ): Promise<HandoverContent> {
    const { workspaceId } = session;
    // One after the other: a transaction has one connection.
    const entries = await this.work.work(session, MAX_ITEMS);
    const counts = await this.work.countWork(session);
    const used = await this.contexts.usedBy(workspaceId, session.projectId, session.id, MAX_ITEMS);
    const ids = used.items.map(({ id }) => id);
    const kept = isKept ? await this.contexts.keep(workspaceId, ids) : new Set(ids);
    const items = used.items.filter(({ id }) => kept.has(id)).map(({ id, label, version }) => ({ id, label, version }));
    const contexts = { items, total: used.total - (ids.length - items.length) };
    return composeHandover({ session, entries, counts, contexts, byHand, now: this.clock.now() });
  }

  /** Without a session there is what the caller wrote, and what is open in the project. */
  private async composeOfProject(
    workspaceId: WorkspaceId,
    projectId: Handover['projectId'],
    byHand: NotesByHand,
  ): Promise<HandoverContent> {
    const entries = await this.work.openTodos(workspaceId, projectId, MAX_ITEMS);
    const open = await this.work.countOpenTodos(workspaceId, projectId);
    const counts = [{ kind: 'todo' as const, total: open, open }];
    return composeHandover({ entries, counts, contexts: { items: [], total: 0 }, byHand, now: this.clock.now() });
  }
}
