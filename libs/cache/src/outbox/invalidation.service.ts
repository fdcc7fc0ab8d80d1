import type { Clock } from '#kernel';
import { Logger } from '@nestjs/common';
import type { KeySpace } from '../cache-key.js';
import type { Coherence } from '../coherence/coherence.js';
import type { SharedStore } from '../stores/shared-store.js';
import type { Tag } from '../tag.js';
import type { InvalidationOutbox } from './invalidation-outbox.js';

export interface InvalidationTiming {
  /** How long a writer waits for a peer to confirm what it could not. */
  readonly invalidationBoundMs: number;
  /** Age from which the relays take a row that its writer has not removed. */
  readonly relayAfterMs: number;
  /** How often the relay and the watch look. */
  readonly pollMs: number;
}

export const DEFAULT_INVALIDATION_TIMING: InvalidationTiming = { invalidationBoundMs: 1_000, relayAfterMs: 250, pollMs: 250 };

/** Rows taken in one round; with more than that overdue, every mutable family is bypassed. */
const BATCH = 500;

/**
 * Delivers invalidations: at once after the commit, and surely, by the rows of the outbox.
 *
 * What is not delivered yet is not trusted: this process's own at once, everybody's once the row is older than half
 * the bound, so that every process bypasses it before its writer is answered.
 */
export class InvalidationService {
  private readonly logger = new Logger('Cache');
  /** Own tags that the shared tier has not confirmed, by how many deliveries are under way. */
  private readonly unconfirmed = new Map<string, number>();
  /** Stamp keys of rows that are overdue, whoever wrote them. */
  private overdueStamps: ReadonlySet<string> = new Set();
  private allOverdue = false;
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> | undefined;
  private again = false;
  private stopped = false;
  /** Age of the oldest undelivered row at the last look. */
  oldestRowAgeMs = 0;
  delivered = 0;
  relayed = 0;
  unconfirmedAnswers = 0;

  constructor(
    private readonly store: SharedStore,
    private readonly outbox: InvalidationOutbox,
    private readonly coherence: Coherence,
    private readonly space: KeySpace,
    private readonly clock: Clock,
    private readonly dropLocal: (stampKeys: readonly string[]) => void,
    readonly timing: InvalidationTiming = DEFAULT_INVALIDATION_TIMING,
  ) {}

  start(): void {
    this.outbox.onCall(() => void this.relay());
    this.timer = setInterval(() => void this.relay(), this.timing.pollMs);
    this.timer.unref();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await this.round;
    await this.outbox.close();
  }

  /** Whether the caller is inside a transaction: it may read what nobody else may see yet, so it must not fill the cache. */
  get inTransaction(): boolean {
    return this.outbox.inTransaction;
  }

  /** Whether something a reader of these stamps must see has not reached the shared tier for sure. */
  isSuspect(stampKeys: readonly string[]): boolean {
    if (this.allOverdue) return true;
    if (this.unconfirmed.size === 0 && this.overdueStamps.size === 0) return false;
    for (const key of stampKeys) if (this.unconfirmed.has(key) || this.overdueStamps.has(key)) return true;
    return false;
  }

  get hasSuspects(): boolean {
    return this.allOverdue || this.unconfirmed.size > 0 || this.overdueStamps.size > 0;
  }

  /**
   * Inside a transaction: writes the row now and delivers after the commit, before the transaction's caller is
   * answered. Outside: delivers now. Resolves when the shared tier has confirmed, or after the bound.
   */
  async invalidate(tags: readonly Tag[], then?: () => void): Promise<void> {
    if (tags.length === 0) return;
    const unique = [...new Set(tags)];
    if (!this.outbox.inTransaction) {
      await this.deliver(unique, undefined);
      then?.();
      return;
    }
    const id = await this.outbox.append(unique);
    await this.outbox.afterCommit(async () => {
      await this.deliver(unique, id);
      then?.();
    });
  }

  /** What this process still owes, and every overdue row: the part of the recovery gate. */
  async settleBeforeOpen(): Promise<void> {
    const own = [...this.unconfirmed.keys()];
    if (own.length > 0) await this.store.unlink(own);
    // The gate must not hang on the database; what stays overdue is bypassed by the watch.
    await Promise.race([this.relayRound(0), pauseFor(this.timing.invalidationBoundMs)]);
  }

  /** One look at the outbox now, joined by whoever asks meanwhile. */
  async relay(): Promise<void> {
    if (this.stopped) return;
    if (this.round !== undefined) {
      this.again = true;
      return this.round;
    }
    this.round = (async () => {
      do {
        this.again = false;
        await this.relayRound(this.timing.relayAfterMs);
      } while (this.again && !this.stopped);
    })().finally(() => {
      this.round = undefined;
    });
    return this.round;
  }

  private async deliver(tags: readonly Tag[], rowId: string | undefined): Promise<void> {
    const stampKeys = tags.map((tag) => this.space.tagKey(tag));
    for (const key of stampKeys) this.unconfirmed.set(key, (this.unconfirmed.get(key) ?? 0) + 1);
    this.dropLocal(stampKeys);
    const confirm = (): void => {
      for (const key of stampKeys) {
        const left = (this.unconfirmed.get(key) ?? 1) - 1;
        if (left > 0) this.unconfirmed.set(key, left);
        else this.unconfirmed.delete(key);
      }
      this.delivered++;
    };
    try {
      await this.fire(stampKeys);
      confirm();
    } catch (error) {
      await this.awaitPeer(tags, rowId, stampKeys, confirm, error);
      return;
    }
    if (rowId === undefined) return;
    try {
      await this.outbox.remove([rowId]);
    } catch (error) {
      this.logger.warn(`A delivered invalidation stays in the outbox and will be repeated: ${messageOf(error)}`);
    }
  }

  private async fire(stampKeys: readonly string[]): Promise<void> {
    await this.store.unlink(stampKeys);
    await this.coherence.announce(stampKeys);
  }

  /**
   * The shared tier did not confirm. A peer may: it is called, and waited for up to the bound. After that the writer is
   * answered, the tags stay suspect here until they are delivered, and the watch of every process bypasses them.
   */
  private async awaitPeer(tags: readonly Tag[], rowId: string | undefined, stampKeys: readonly string[], confirm: () => void, cause: unknown): Promise<void> {
    const started = this.clock.nowMs();
    let id = rowId;
    try {
      id ??= await this.outbox.append(tags);
      await this.outbox.call();
    } catch (error) {
      this.logger.error(`An invalidation could be neither delivered (${messageOf(cause)}) nor remembered: ${messageOf(error)}`);
    }
    const settled = this.settleLater(id, stampKeys, confirm);
    let timer: NodeJS.Timeout | undefined;
    const bound = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), this.timing.invalidationBoundMs);
    });
    const outcome = await Promise.race([settled, bound]);
    clearTimeout(timer);
    if (outcome !== 'late') return;
    this.unconfirmedAnswers++;
    this.logger.warn(`An invalidation was not confirmed within ${this.clock.nowMs() - started} ms (${messageOf(cause)}); its tags are bypassed until it is.`);
  }

  /** Tries until the tags are delivered, by this process or by a peer that removed the row. */
  private async settleLater(id: string | undefined, stampKeys: readonly string[], confirm: () => void): Promise<'settled'> {
    for (let attempt = 0; !this.stopped; attempt++) {
      await pauseFor(Math.min(250, 20 * 2 ** Math.min(attempt, 6)));
      try {
        if (this.store.isOpen) {
          await this.fire(stampKeys);
          if (id !== undefined) await this.outbox.remove([id]).catch(() => undefined);
        } else if (id === undefined || id === '' || (await this.outbox.anyLeft([id]))) {
          continue;
        }
        confirm();
        return 'settled';
      } catch {
        // Still not there: the next attempt follows.
      }
    }
    return 'settled';
  }

  private async relayRound(olderThanMs: number): Promise<void> {
    try {
      if (this.store.isOpen || olderThanMs === 0) {
        const rows = await this.outbox.claim(olderThanMs, BATCH);
        if (rows.length > 0) {
          const stampKeys = [...new Set(rows.flatMap((row) => row.tags))].map((tag) => this.space.tagKey(tag));
          this.dropLocal(stampKeys);
          await this.fire(stampKeys);
          await this.outbox.remove(rows.map((row) => row.id));
          this.relayed += rows.length;
          if (rows.length === BATCH) this.again = true;
        }
      }
    } catch (error) {
      this.logger.warn(`The relay could not deliver invalidations: ${messageOf(error)}`);
    }
    try {
      const overdue = await this.outbox.overdue(this.timing.invalidationBoundMs / 2, BATCH + 1);
      this.allOverdue = overdue.length > BATCH;
      this.overdueStamps = new Set(overdue.flatMap((row) => row.tags).map((tag) => this.space.tagKey(tag)));
      this.oldestRowAgeMs = overdue.length === 0 ? 0 : await this.outbox.oldestAgeMs();
    } catch (error) {
      this.logger.warn(`The watch could not read the outbox: ${messageOf(error)}`);
    }
  }
}

function pauseFor(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
