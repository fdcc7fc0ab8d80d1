import { createHmac } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { subjectTag } from '#auth';
import { CacheService, workspaceDeletionTag } from '#cache';
import { ConversationService, MessageService } from '#conversation';
import { Database, InstallationSecrets, insertAuditLine } from '#database';
import { Clock, type ConversationId, DomainError, type MessageId, newId, type Principal } from '#kernel';
import { declareJob, HandlesJob, type JobContext, JobQueue, type JobResult } from '#queue';
import { feedbackTag } from '#relevance';
import type { UserRef } from '../user.js';
import { profileTag } from '../user.cache.js';
import { erasureNotFound } from '../user.errors.js';
import { type Counts, type Erasure, type ErasureReport, principalOfUser, totalOf } from './erasure.js';
import { PostgresErasureRepository } from './postgres-erasure.repository.js';
import { type ErasureTarget, PostgresUserRows } from './postgres-user-rows.js';

const AT_ONCE = 50;

/** How long an attempt removes conversations and messages before it leaves the rest to another job. */
const TURN_MS = 20_000;

const userErasure = declareJob({
  name: 'user-erasure',
  payload: z.strictObject({ erasure: z.uuid() }),
  retryLimit: 10,
  retryDelaySeconds: 2,
  // What a killed worker has begun goes on after that time.
  timeoutSeconds: 60,
});

interface Turn {
  readonly context: JobContext;
  readonly endsMs: number;
}

/**
 * Removes everything that a user has written, and proves it.
 *
 * The transaction of the request removes profile and feedback, notes which conversations and messages are there, and adds the job.
 * The job removes these one by one, each in a transaction that also counts it, so an attempt goes on where another was killed and
 * counts nothing twice. Then it removes what else names the user, drops what the caches hold, in every process, and
 * looks for what is left. It is done when that is nothing. What is written under the same name after the request is new.
 */
@Injectable()
export class ErasureService implements OnModuleInit {
  private secret: Buffer | undefined;

  constructor(
    private readonly erasures: PostgresErasureRepository,
    private readonly rows: PostgresUserRows,
    private readonly conversations: ConversationService,
    private readonly messages: MessageService,
    private readonly database: Database,
    private readonly cache: CacheService,
    private readonly queue: JobQueue,
    private readonly secrets: InstallationSecrets,
    private readonly clock: Clock,
  ) {}

  async onModuleInit(): Promise<void> {
    this.secret = await this.secrets.get('user-erasures');
  }

  /** Begins an erasure, also of a user nobody has heard of. */
  request({ workspaceId, id: principalId }: Principal, user: string): Promise<ErasureReport> {
    return this.database.run(async () => {
      const [erasureId, requestedAt] = [newId<string>(), this.clock.now()];
      const target = { workspaceId, erasureId, user, requestedAt };
      await this.erasures.insert(workspaceId, erasureId, this.keyOf({ workspaceId, user }), user, requestedAt);
      await this.erasures.collect(workspaceId, erasureId, user, principalOfUser(user));
      const { counts, projects } = await this.rows.removeOwn(target);
      await this.erasures.count(workspaceId, erasureId, 'removed', counts);
      await insertAuditLine(this.database, {
        workspaceId,
        id: newId(),
        principalId,
        action: 'user.erase',
        reason: '',
        details: { erasure: erasureId },
        createdAt: requestedAt,
      });
      const jobId = await this.queue.enqueue(userErasure, { erasure: erasureId }, { workspaceId });
      if (jobId !== undefined) await this.erasures.setJob(workspaceId, erasureId, jobId);
      await this.cache.invalidate([
        profileTag({ workspace: workspaceId, user }),
        ...projects.map((project) => feedbackTag({ workspace: workspaceId, project })),
      ]);
      return this.get(workspaceId, erasureId);
    });
  }

  /** The last erasure of that user. @throws DomainError `user-erasure-not-found` */
  async findLatest(of: UserRef): Promise<ErasureReport> {
    const erasure = await this.erasures.findLatest(of.workspaceId, this.keyOf(of));
    if (erasure === undefined) throw erasureNotFound();
    return erasure;
  }

  @HandlesJob(userErasure)
  async runAsJob({ erasure: id }: { erasure: string }, context: JobContext): Promise<JobResult> {
    const { workspaceId } = context;
    if (workspaceId === undefined) throw new Error('An erasure is of a workspace.');
    const erasure = await this.get(workspaceId, id);
    const { user, requestedAt } = erasure;
    if (user === null) return resultOf(erasure);
    const target = { workspaceId, erasureId: id, user, requestedAt };
    const turn = { context, endsMs: performance.now() + TURN_MS };
    const isAllRemoved = (await this.removeConversations(target, turn)) && (await this.removeMessages(target, turn));
    if (!isAllRemoved) return this.goOn(target);
    await this.removeTraces(target);
    context.signal.throwIfAborted();
    const found = await this.scan(target);
    await this.erasures.setFindings(workspaceId, id, found, await this.rows.countKept(target));
    if (totalOf(found) > 0) throw new Error(`Found after the erasure: ${JSON.stringify(found)}. It is tried again.`);
    await this.database.run(() => this.erasures.finish(workspaceId, id, this.clock.now()));
    return resultOf(await this.get(workspaceId, id));
  }

  private removeConversations(target: ErasureTarget, turn: Turn): Promise<boolean> {
    const { workspaceId, erasureId } = target;
    const list = () => this.erasures.listOpenConversations(workspaceId, erasureId, AT_ONCE);
    return this.removeEach(target, turn, list, (conversation) =>
      this.removeOne(target, 'conversation', conversation, async () => {
        await this.erasures.noteMessagesOf(workspaceId, erasureId, conversation);
        const messages = await this.conversations.delete(workspaceId, conversation);
        return { conversations: 1, messages };
      }),
    );
  }

  private removeMessages(target: ErasureTarget, turn: Turn): Promise<boolean> {
    const { workspaceId, erasureId } = target;
    const list = () => this.erasures.listOpenMessages(workspaceId, erasureId, AT_ONCE);
    return this.removeEach(target, turn, list, ({ id, conversationId }) =>
      this.removeOne(target, 'message', id, async (): Promise<Counts> => {
        if (conversationId === null) return {};
        await this.messages.delete(workspaceId, conversationId, id);
        return { messages: 1 };
      }),
    );
  }

  /** Until none is open. False where the time of the attempt has ended before. */
  private async removeEach<Item>(
    { workspaceId, erasureId }: ErasureTarget,
    { context, endsMs }: Turn,
    list: () => Promise<readonly Item[]>,
    remove: (item: Item) => Promise<void>,
  ): Promise<boolean> {
    for (;;) {
      const open = await list();
      const { done, total } = await this.erasures.countItems(workspaceId, erasureId);
      await context.progress(done, total);
      if (open.length === 0) return true;
      for (const item of open) {
        context.signal.throwIfAborted();
        if (performance.now() >= endsMs) return false;
        await remove(item);
      }
    }
  }

  private async removeOne(
    { workspaceId, erasureId }: ErasureTarget,
    kind: 'conversation' | 'message',
    id: ConversationId | MessageId,
    remove: () => Promise<Counts>,
  ): Promise<void> {
    await this.database.run(
      async () => {
        const counts = await remove().catch(nothingIfGone);
        await this.erasures.setDone(workspaceId, erasureId, kind, id);
        await this.erasures.count(workspaceId, erasureId, 'removed', counts);
      },
      { retries: 3 },
    );
  }

  /** What names the user, in tables and caches. Resolves when no cache holds anything of before. */
  private removeTraces(target: ErasureTarget): Promise<void> {
    const { workspaceId, erasureId, user } = target;
    return this.database.run(
      async () => {
        await this.erasures.count(workspaceId, erasureId, 'removed', await this.rows.removeTraces(target));
        await this.erasures.count(workspaceId, erasureId, 'anonymised', await this.rows.anonymise(target));
        await this.cache.invalidate([workspaceDeletionTag({ workspace: workspaceId }), subjectTag({ subject: user })]);
        await this.cache.erase(workspaceId);
        // Verified tokens are known by their hashes alone: those of all go, and are verified once more.
        await this.cache.erase(null);
      },
      { retries: 3 },
    );
  }

  private async scan(target: ErasureTarget): Promise<Counts> {
    const { workspaceId, erasureId, user } = target;
    const rows = await this.rows.scan(target);
    const { shared, local } = await this.cache.scanFor(workspaceId, {
      names: [user, principalOfUser(user)],
      loadedBeforeMs: target.requestedAt.getTime(),
      ids: await this.erasures.listItems(workspaceId, erasureId),
    });
    return { ...rows, cacheShared: shared, cacheOfProcess: local };
  }

  /** Leaves the rest to another job, so that however much there is, each has time enough. */
  private goOn({ workspaceId, erasureId }: ErasureTarget): Promise<JobResult> {
    return this.database.run(async () => {
      const next = await this.queue.enqueue(userErasure, { erasure: erasureId }, { workspaceId });
      if (next !== undefined) await this.erasures.setJob(workspaceId, erasureId, next);
      return { continuedBy: next };
    });
  }

  private async get(workspaceId: UserRef['workspaceId'], id: string): Promise<Erasure> {
    const erasure = await this.erasures.find(workspaceId, id);
    if (erasure === undefined) throw erasureNotFound();
    return erasure;
  }

  private keyOf({ workspaceId, user }: UserRef): Buffer {
    if (this.secret === undefined) throw new Error('The secret is read when the module starts.');
    const ofWorkspace = createHmac('sha256', this.secret).update(workspaceId).digest();
    return createHmac('sha256', ofWorkspace).update(user).digest();
  }
}

/** Somebody else has deleted it meanwhile. */
function nothingIfGone(error: unknown): Counts {
  if (error instanceof DomainError && error.kind === 'not-found') return {};
  throw error;
}

function resultOf({ removed, anonymised, found, kept }: ErasureReport): JobResult {
  return { removed, anonymised, found, kept };
}
