import { type Clock, messageOf } from '#kernel';
import { Logger } from '@nestjs/common';
import { pauseFor } from '../pause.js';
import type { CacheSpans } from '../metrics/cache-spans.js';
import type { Tag } from '../tag.js';
import type { InvalidationOutbox } from './invalidation-outbox.js';
import type { InvalidationTiming } from './invalidation-timing.js';
import type { OutboxRelay } from './outbox-relay.js';
import type { StampRemover } from './stamp-remover.js';

/** What one transaction has asked to invalidate so far. */
interface Owed {
  readonly tags: Set<Tag>;
  readonly rowIds: string[];
  readonly afterwards: (() => void)[];
}

const LONGEST_RETRY_MS = 250;

/** Delivers the invalidations of this process's writes: at once after the commit, and surely, by the rows of the outbox. */
export class InvalidationService {
  private readonly logger = new Logger('Cache');
  private readonly owed = new WeakMap<object, Owed>();
  private stopped = false;
  delivered = 0;
  unconfirmedAnswers = 0;

  constructor(
    private readonly outbox: InvalidationOutbox,
    private readonly relay: OutboxRelay,
    private readonly stamps: StampRemover,
    private readonly clock: Clock,
    readonly timing: InvalidationTiming,
    private readonly spans: CacheSpans,
  ) {}

  stop(): void {
    this.stopped = true;
  }

  /** Whether the caller is inside a transaction: it may read what nobody else may see yet, so it must not fill the cache. */
  get inTransaction(): boolean {
    return this.outbox.transaction !== undefined;
  }

  /** Whether anything may not be trusted now. */
  get hasSuspects(): boolean {
    return this.relay.suspects.any;
  }

  /** Whether something a reader of these stamps must see has not reached the shared tier for sure. */
  isSuspect(stampKeys: readonly string[]): boolean {
    return this.relay.suspects.includes(stampKeys);
  }

  /**
   * Inside a transaction: writes a row now; after the commit, and before the transaction's caller is answered, all
   * that it asked for goes out as one. Outside: delivers now. Resolves when the shared tier has confirmed, or after
   * the bound.
   * @param afterwards runs after the delivery
   */
  async invalidate(tags: readonly Tag[], afterwards: () => void): Promise<void> {
    const { transaction } = this.outbox;
    if (tags.length === 0) {
      if (transaction === undefined) afterwards();
      else await this.outbox.afterCommit(afterwards);
      return;
    }
    if (transaction === undefined) {
      await this.deliver(tags, []);
      afterwards();
      return;
    }
    const rowId = await this.outbox.append([...new Set(tags)]);
    const owed = this.owed.get(transaction) ?? (await this.beginOwing(transaction));
    for (const tag of tags) owed.tags.add(tag);
    owed.rowIds.push(rowId);
    owed.afterwards.push(afterwards);
  }

  /** What this process still owes, and what is in the outbox: the part of the recovery gate. */
  async settleBeforeOpen(): Promise<void> {
    const { own } = this.relay.suspects;
    if (own.length > 0) await this.stamps.remove(own);
    // The gate must not hang on the database; what stays overdue is bypassed by the watch.
    const timeout = new AbortController();
    await Promise.race([this.relay.deliverAll(), pauseFor(this.timing.invalidationBoundMs, timeout.signal)]);
    timeout.abort();
  }

  private async beginOwing(transaction: object): Promise<Owed> {
    const owed: Owed = { tags: new Set(), rowIds: [], afterwards: [] };
    this.owed.set(transaction, owed);
    await this.outbox.afterCommit(async () => {
      await this.deliver([...owed.tags], owed.rowIds);
      for (const run of owed.afterwards) run();
    });
    return owed;
  }

  private deliver(tags: readonly Tag[], rowIds: readonly string[]): Promise<void> {
    return this.spans.operate('cache.invalidate', () => this.deliverNow(tags, rowIds));
  }

  private async deliverNow(tags: readonly Tag[], rowIds: readonly string[]): Promise<void> {
    const stampKeys = this.stamps.keysOf(tags);
    const trust = this.relay.suspects.add(stampKeys);
    try {
      await this.stamps.remove(stampKeys);
    } catch (error) {
      return this.awaitPeer(tags, rowIds, stampKeys, trust, error);
    }
    trust();
    this.delivered++;
    if (rowIds.length > 0) await this.forgetRows(rowIds);
  }

  private async forgetRows(rowIds: readonly string[]): Promise<void> {
    try {
      await this.outbox.remove(rowIds);
    } catch (error) {
      this.logger.warn(`A delivered invalidation stays in the outbox and will be repeated: ${messageOf(error)}`);
    }
  }

  /**
   * The shared tier did not confirm. A peer may: it is called, and waited for up to the bound. After that the writer is
   * answered, the tags stay suspect here until they are delivered, and the watch of every process bypasses them.
   */
  private async awaitPeer(
    tags: readonly Tag[],
    rowIds: readonly string[],
    stampKeys: readonly string[],
    trust: () => void,
    cause: unknown,
  ): Promise<void> {
    const startedMs = this.clock.nowMs();
    let rows = rowIds;
    try {
      if (rows.length === 0) rows = [await this.outbox.append([...tags])];
      await this.outbox.call();
    } catch (error) {
      this.logger.error(
        `An invalidation could be neither delivered (${messageOf(cause)}) nor remembered: ${messageOf(error)}`,
      );
    }
    const timeout = new AbortController();
    const settled = this.settle(rows, stampKeys, trust).then(() => true);
    const late = pauseFor(this.timing.invalidationBoundMs, timeout.signal).then(() => false);
    const isSettled = await Promise.race([settled, late]);
    timeout.abort();
    if (isSettled) return;
    this.unconfirmedAnswers++;
    this.logger.warn(
      `An invalidation was not confirmed within ${this.clock.nowMs() - startedMs} ms (${messageOf(cause)}); its tags are bypassed until it is.`,
    );
  }

  /** Tries until the tags are delivered, by this process or by a peer that removed the rows. */
  private async settle(rowIds: readonly string[], stampKeys: readonly string[], trust: () => void): Promise<void> {
    for (let attempt = 0; !this.stopped; attempt++) {
      await pauseFor(Math.min(LONGEST_RETRY_MS, 20 * 2 ** Math.min(attempt, 6)));
      try {
        if (!(await this.isDelivered(rowIds, stampKeys))) continue;
        trust();
        this.delivered++;
        return;
      } catch {
        // Still not there: the next attempt follows.
      }
    }
  }

  private async isDelivered(rowIds: readonly string[], stampKeys: readonly string[]): Promise<boolean> {
    if (!this.stamps.canTry) return rowIds.length > 0 && !(await this.outbox.anyLeft(rowIds));
    await this.stamps.remove(stampKeys);
    if (rowIds.length > 0) await this.forgetRows(rowIds);
    return true;
  }
}
