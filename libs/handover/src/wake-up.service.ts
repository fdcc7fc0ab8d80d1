import { Injectable } from '@nestjs/common';
import { CacheService, ListCache, type Refill, type Tag } from '#cache';
import { type AlwaysCheckReader, AlwaysCheckReaders, ContextReader, contextsTag, type ContextSummary } from '#context';
import { Clock, type WorkspaceId } from '#kernel';
import { CacheWarmers } from '#warming';
import { ProjectReader } from '#project';
import { type Session, type SessionEntry, SessionReader, SessionService, type StartSession, todosTag } from '#session';
import { handoversTag, type WakeUpContent, type WakeUpKey, wakeUps } from './handover.cache.js';
import type { Handover } from './handover.js';
import { HandoverRepository } from './persistence/handover.repository.js';

const MAX_CONTEXTS = 10;

/** What a session that starts is shown first: it changes seldom, and is there already when the next one asks. */
@Injectable()
export class WakeUpContentService implements AlwaysCheckReader {
  constructor(
    private readonly handovers: HandoverRepository,
    private readonly contexts: ContextReader,
    private readonly projects: ProjectReader,
    private readonly cache: CacheService,
    private readonly clock: Clock,
    readers: AlwaysCheckReaders,
  ) {
    readers.register(this);
  }

  /** @param project slug */
  contentOf(workspaceId: WorkspaceId, project: string): Promise<WakeUpContent> {
    return this.cache.getOrSet(wakeUps, this.keyOf(workspaceId, project), () => this.make(workspaceId, project));
  }

  /** For `CacheService.invalidate`: loads it again after a write that changes it. */
  refill(workspaceId: WorkspaceId, project: string): Refill {
    return this.cache.refill(wakeUps, this.keyOf(workspaceId, project), () => this.make(workspaceId, project));
  }

  private keyOf(workspaceId: WorkspaceId, project: string): WakeUpKey {
    return { workspace: workspaceId, project, nowMs: () => this.clock.nowMs() };
  }

  private async make(workspaceId: WorkspaceId, slug: string): Promise<WakeUpContent> {
    const project = await this.projects.find(workspaceId, slug);
    if (project === undefined) return { handover: null, contexts: [], until: null };
    const now = this.clock.now();
    const [handover, { items, until }] = await Promise.all([
      this.handovers.findLatest(workspaceId, project.id),
      this.contexts.alwaysCheck(workspaceId, project.id, MAX_CONTEXTS, now),
    ]);
    return { handover: handover ?? null, contexts: items, until };
  }
}

const MAX_TODOS = 20;

/** What a session that starts is shown about its project. */
export interface WakeUp {
  /** The latest one, whoever left it; undefined where there is none yet. */
  readonly handover: Handover | undefined;
  /** Of the `always_check` contexts, at most ten. */
  readonly contexts: readonly ContextSummary[];
  /** Open in the project, whichever session wrote them: the twenty most urgent. */
  readonly todos: readonly SessionEntry[];
  /** How much there is in all. */
  readonly counts: {
    readonly contexts: number;
    readonly alwaysCheck: number;
    readonly openTodos: number;
    /** The new one is counted. */
    readonly sessions: number;
    readonly handovers: number;
  };
}

@Injectable()
export class WakeUpService {
  constructor(
    private readonly sessions: SessionService,
    private readonly work: SessionReader,
    private readonly handovers: HandoverRepository,
    private readonly contexts: ContextReader,
    private readonly wakeUpContents: WakeUpContentService,
    private readonly queries: ListCache,
    private readonly warmers: CacheWarmers,
  ) {}

  /**
   * Starts a session, which is always a new one, and shows it where its project stands; what it is going to read is
   * warmed in the background.
   */
  async start(workspaceId: WorkspaceId, input: StartSession): Promise<{ session: Session; wakeUp: WakeUp }> {
    const session = await this.sessions.start(workspaceId, input);
    const wakeUp = await this.wakeUp(session);
    await this.warmers.warmLater({ workspaceId, project: session.project, sessionId: session.id });
    return { session, wakeUp };
  }

  private async wakeUp({ workspaceId, projectId, project }: Session): Promise<WakeUp> {
    const named = { workspace: workspaceId, project };
    const read = <Value>(statement: string, tag: Tag, load: () => Promise<Value>) =>
      this.queries.read({ ...named, statement, parameters: projectId, tags: [tag] }, load);
    // Side by side: what the cache is asked goes out in few commands then.
    const [{ handover, contexts }, todos, labels, handovers, sessions] = await Promise.all([
      this.wakeUpContents.contentOf(workspaceId, project),
      read('open-todos', todosTag(named), async () => ({
        first: await this.work.openTodos(workspaceId, projectId, MAX_TODOS),
        total: await this.work.countOpenTodos(workspaceId, projectId),
      })),
      read('label-count', contextsTag(named), () => this.contexts.count(workspaceId, projectId)),
      read('handover-count', handoversTag(named), () => this.handovers.count(workspaceId, projectId)),
      // The new session is counted, so there is nothing to remember.
      this.work.count(workspaceId, projectId),
    ]);
    return {
      handover: handover ?? undefined,
      contexts,
      todos: todos.first,
      counts: {
        contexts: labels.total,
        alwaysCheck: labels.alwaysCheck,
        openTodos: todos.total,
        sessions,
        handovers,
      },
    };
  }
}
