import { Injectable } from '@nestjs/common';
import { ContextReader, type ContextSummary } from '#context';
import { TransactionRunner } from '#database';
import type { WorkspaceId } from '#kernel';
import { type Session, type SessionEntry, SessionReader, SessionService, type StartSession } from '#session';
import type { Handover } from './handover.js';
import { HandoverRepository } from './persistence/handover.repository.js';

const MAX_CONTEXTS = 10;
const MAX_TODOS = 20;

/** What a session that starts is told about its project. */
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
    private readonly transactions: TransactionRunner,
  ) {}

  /** Starts a session, which is always a new one, and tells it where its project stands. */
  start(workspaceId: WorkspaceId, input: StartSession): Promise<{ session: Session; wakeUp: WakeUp }> {
    return this.transactions.run(async () => {
      const session = await this.sessions.start(workspaceId, input);
      return { session, wakeUp: await this.wakeUp(session) };
    });
  }

  private async wakeUp({ workspaceId, projectId }: Session): Promise<WakeUp> {
    // One after the other: a transaction has one connection.
    const handover = await this.handovers.findLatest(workspaceId, projectId);
    const contexts = await this.contexts.alwaysCheck(workspaceId, projectId, MAX_CONTEXTS);
    const todos = await this.work.openTodos(workspaceId, projectId, MAX_TODOS);
    const counted = await this.contexts.count(workspaceId, projectId);
    const counts = {
      contexts: counted.total,
      alwaysCheck: counted.alwaysCheck,
      openTodos: await this.work.countOpenTodos(workspaceId, projectId),
      sessions: await this.work.count(workspaceId, projectId),
      handovers: await this.handovers.count(workspaceId, projectId),
    };
    return { handover, contexts, todos, counts };
  }
}
