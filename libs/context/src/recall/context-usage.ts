import { AsyncResource } from 'node:async_hooks';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { CacheService } from '#cache';
import { TransactionRunner } from '#database';
import { Clock, type ContextId, type SessionId, type WorkspaceId, messageOf } from '#kernel';
import { contextUsageTag } from '../context.cache.js';

export interface ContextAccess {
  readonly contextId: ContextId;
  readonly count: number;
  readonly lastAt: Date;
  /** How many of them brought the whole text to somebody who asked for it. */
  readonly wholeCount: number;
}

export interface SessionUse {
  readonly sessionId: SessionId;
  readonly contextId: ContextId;
  readonly lastAt: Date;
}

/** How often contexts are read, and which sessions read which. */
export abstract class ContextUsageRepository {
  /** Adds counts and notes uses. What names a context or session that is gone is left out. */
  abstract add(
    workspaceId: WorkspaceId,
    accesses: readonly ContextAccess[],
    uses: readonly SessionUse[],
  ): Promise<void>;
}

const FLUSH_INTERVAL_MS = 5_000;

/** So many different reads are flushed at once, whatever the time: memory stays bounded. */
const MAX_PENDING = 10_000;

interface Pending {
  readonly accesses: Map<ContextId, { count: number; wholeCount: number; lastAt: Date }>;
  readonly uses: Map<SessionId, Map<ContextId, Date>>;
}

/**
 * Counts reads of contexts without a write per read: they add up here and are written every `FLUSH_INTERVAL_MS` and
 * when the process stops. A crash, or a database that is away, loses the counts of a few seconds and nothing else.
 */
@Injectable()
export class ContextUsage implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger(ContextUsage.name);
  private pending = new Map<WorkspaceId, Pending>();
  /** Taken out to be written: still to be known until it is. */
  private flushing = new Map<WorkspaceId, Pending>();
  private size = 0;
  private timer: NodeJS.Timeout | undefined;
  private flush: Promise<void> = Promise.resolve();
  /** Never part of a caller's transaction: counting must neither hold it up nor fail it. */
  private readonly background = new AsyncResource('ContextUsage');

  constructor(
    private readonly repository: ContextUsageRepository,
    private readonly clock: Clock,
    private readonly cache: CacheService,
    private readonly transactions: TransactionRunner,
  ) {}

  onModuleInit(): void {
    this.timer = setInterval(() => void this.write(), FLUSH_INTERVAL_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.write();
  }

  /**
   * These were read, on behalf of a session where one is named.
   * @param whole those of them whose text was asked for and is handed out whole: they were used, and not just shown
   */
  noteRead(
    workspaceId: WorkspaceId,
    ids: readonly ContextId[],
    whole: readonly ContextId[],
    sessionId?: SessionId,
  ): void {
    const { accesses } = this.countsOf(workspaceId);
    const lastAt = this.clock.now();
    const isWhole = new Set(whole);
    for (const id of ids) {
      const { count, wholeCount } = accesses.get(id) ?? { count: 0, wholeCount: 0 };
      accesses.set(id, { count: count + 1, wholeCount: wholeCount + (isWhole.has(id) ? 1 : 0), lastAt });
    }
    this.grow(ids.length);
    if (sessionId !== undefined) this.noteUse(workspaceId, sessionId, ids);
  }

  /** A session worked with these. */
  noteUse(workspaceId: WorkspaceId, sessionId: SessionId, ids: readonly ContextId[]): void {
    const { uses } = this.countsOf(workspaceId);
    const used = uses.get(sessionId) ?? new Map<ContextId, Date>();
    uses.set(sessionId, used);
    const lastAt = this.clock.now();
    for (const id of ids) used.set(id, lastAt);
    this.grow(ids.length);
  }

  /** What a session used, as far as this process knows it and has not written it yet. */
  pendingOf(workspaceId: WorkspaceId, sessionId: SessionId): readonly ContextId[] {
    const both = [this.flushing, this.pending].flatMap((part) => [
      ...(part.get(workspaceId)?.uses.get(sessionId)?.keys() ?? []),
    ]);
    return [...new Set(both)];
  }

  /** Writes what has added up. Never rejects. */
  write(): Promise<void> {
    this.flush = this.flush.then(() => this.background.runInAsyncScope(() => this.writeNow()));
    return this.flush;
  }

  private async writeNow(): Promise<void> {
    this.flushing = this.pending;
    this.pending = new Map();
    this.size = 0;
    for (const [workspaceId, { accesses, uses }] of this.flushing) {
      try {
        await this.transactions.run(async () => {
          await this.repository.add(
            workspaceId,
            [...accesses].map(([contextId, access]) => ({ contextId, ...access })),
            [...uses].flatMap(([sessionId, used]) =>
              [...used].map(([contextId, lastAt]) => ({ sessionId, contextId, lastAt })),
            ),
          );
          await this.cache.invalidate([contextUsageTag({ workspace: workspaceId })]);
        });
      } catch (error) {
        this.logger.warn(`Counts of reads were lost: ${messageOf(error)}`);
      }
    }
    this.flushing = new Map();
  }

  private countsOf(workspaceId: WorkspaceId): Pending {
    const known = this.pending.get(workspaceId);
    if (known !== undefined) return known;
    const pending: Pending = { accesses: new Map(), uses: new Map() };
    this.pending.set(workspaceId, pending);
    return pending;
  }

  private grow(by: number): void {
    this.size += by;
    if (this.size >= MAX_PENDING) {
      this.size = 0;
      void this.write();
    }
  }
}
