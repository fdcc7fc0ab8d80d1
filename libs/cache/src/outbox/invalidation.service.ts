import { messageOf } from '#kernel';
import { Logger } from '@nestjs/common';
import { endedWithin } from '../ended-within.js';
import type { CacheSpans } from '../metrics/cache-spans.js';
import { encodeKeyPart, PLATFORM_SCOPE } from '../families/key.js';
import type { Tag } from '../families/tag.js';
import { Acknowledgements } from './acknowledgements.js';
import { DeliveryWaits } from './delivery-waits.js';
import type { Erasures } from './erasures.js';
import type { InvalidationOutbox } from './invalidation-outbox.js';
import type { InvalidationTiming } from './invalidation-timing.js';
import type { OutboxRelay } from './outbox-relay.js';
import type { StampRemover } from './stamp-remover.js';

/** What one transaction has asked to invalidate so far. */
interface TransactionInvalidations {
  readonly tags: Set<Tag>;
  /** Of the one row that holds the tags. */
  readonly rowIds: string[];
  readonly afterwards: (() => void)[];
  /** Ids of the rows, by scope; undefined where none is needed. */
  readonly erased: Map<string, string | undefined>;
  waitsForErasures: boolean;
}

/** Delivers the invalidations of this process's writes: at once after the commit, and surely, by the rows of the outbox. */
export class InvalidationService {
  private readonly logger = new Logger('Cache');
  private readonly pending = new WeakMap<object, TransactionInvalidations>();
  private readonly waits: DeliveryWaits;
  private readonly acknowledgements: Acknowledgements;
  delivered = 0;
  unconfirmedAnswers = 0;

  constructor(
    private readonly outbox: InvalidationOutbox,
    private readonly relay: OutboxRelay,
    private readonly stamps: StampRemover,
    readonly timing: InvalidationTiming,
    private readonly erasures: Erasures,
    private readonly spans: CacheSpans,
    /** Whether other processes write to the database. */
    private readonly othersWrite: boolean,
  ) {
    this.waits = new DeliveryWaits(outbox, stamps);
    this.acknowledgements = new Acknowledgements(outbox, stamps, this.waits, timing, relay);
  }

  /** Whoever waits for a delivery is answered. */
  async stop(): Promise<void> {
    this.waits.stop();
    await this.acknowledgements.removeNow();
  }

  /**
   * Resolves when a write may be answered that last read from the database `seenMsAgo` milliseconds ago, whether it
   * wrote or not: then everybody sees what it may rest on. After the bound at the latest.
   */
  async acknowledged(seenMsAgo: number): Promise<void> {
    if (this.othersWrite) await this.acknowledgements.settle(seenMsAgo);
  }

  /** Whether the caller is inside a transaction: it may read what nobody else may see yet, so it must not fill the cache. */
  get inTransaction(): boolean {
    return this.outbox.transaction !== undefined;
  }

  /** Whether anything may not be trusted now. */
  get hasUnconfirmed(): boolean {
    return this.relay.unconfirmedTags.any;
  }

  /** Whether something a reader of these stamps must see has not reached the shared tier for sure. */
  isUnconfirmed(stampKeys: readonly string[]): boolean {
    return this.relay.unconfirmedTags.includes(stampKeys);
  }

  /**
   * Inside a transaction: its last work is to write one row of all that it asked for; after the commit, and before the
   * transaction's caller is answered, that goes out as one. Outside: delivers now. Resolves when the shared tier has confirmed, or after
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
      const rowId = this.stamps.isRelay ? undefined : await this.outbox.append([...new Set(tags)]);
      await this.deliver(tags, rowId === undefined ? [] : [rowId]);
      afterwards();
      return;
    }
    const pending = this.pending.get(transaction) ?? (await this.beginPending(transaction));
    for (const tag of tags) pending.tags.add(tag);
    pending.afterwards.push(afterwards);
  }

  /**
   * Inside a transaction: writes a row now; after the commit, and before the transaction's caller is answered, what the
   * caches hold of the workspace is removed. Outside: removes it now.
   * @param waits false: nobody waits for the removal
   */
  async erase(workspace: string | null, waits: boolean): Promise<void> {
    const scope = workspace === null ? PLATFORM_SCOPE : encodeKeyPart(workspace);
    const { transaction } = this.outbox;
    if (transaction === undefined) {
      const rowId = await this.outbox.appendErasure(scope);
      await this.deliverErasures(new Map([[scope, rowId]]), waits);
      return;
    }
    const pending = this.pending.get(transaction) ?? (await this.beginPending(transaction));
    if (!pending.erased.has(scope)) pending.erased.set(scope, await this.outbox.appendErasure(scope));
    pending.waitsForErasures ||= waits;
  }

  /** What this process still owes, and what is in the outbox: the part of the recovery gate. */
  async settleBeforeOpen(): Promise<void> {
    const { own } = this.relay.unconfirmedTags;
    if (own.length > 0) await this.stamps.remove(own);
    // The gate must not hang on the database; what stays overdue is bypassed by the watch.
    await endedWithin(this.relay.deliverAll(), this.timing.invalidationBoundMs);
  }

  private async beginPending(transaction: object): Promise<TransactionInvalidations> {
    const pending: TransactionInvalidations = {
      tags: new Set(),
      rowIds: [],
      afterwards: [],
      erased: new Map(),
      waitsForErasures: false,
    };
    this.pending.set(transaction, pending);
    await this.outbox.beforeCommit(async () => {
      if (pending.tags.size === 0) return;
      const rowId = await this.outbox.append([...pending.tags]);
      if (rowId !== undefined) pending.rowIds.push(rowId);
    });
    await this.outbox.afterCommit(async () => {
      const erasing = this.deliverErasures(pending.erased, pending.waitsForErasures);
      if (pending.tags.size > 0) await this.deliver([...pending.tags], pending.rowIds);
      await erasing;
      for (const run of pending.afterwards) run();
    });
    return pending;
  }

  private async deliverErasures(erased: ReadonlyMap<string, string | undefined>, waits: boolean): Promise<void> {
    if (erased.size === 0) return;
    const rowIds = [...erased.values()].filter((id) => id !== undefined);
    const delivered = this.spans.operate('cache.erase', () => this.erasures.deliver([...erased.keys()], rowIds));
    if (waits) await delivered;
    else delivered.catch((error: unknown) => this.logger.warn(`An erasure is left to the relays: ${messageOf(error)}`));
  }

  private deliver(tags: readonly Tag[], rowIds: readonly string[]): Promise<void> {
    return this.spans.operate('cache.invalidate', () => this.deliverNow(tags, rowIds));
  }

  private async deliverNow(tags: readonly Tag[], rowIds: readonly string[]): Promise<void> {
    const stampKeys = this.stamps.keysOf(tags);
    const confirm = this.relay.unconfirmedTags.add(stampKeys);
    try {
      await this.stamps.remove(stampKeys);
    } catch (error) {
      return this.awaitPeer(tags, rowIds, stampKeys, confirm, error);
    }
    confirm();
    if (this.stamps.isRelay) {
      this.delivered++;
      if (rowIds.length > 0) await this.forgetRows(rowIds);
    } else if (rowIds.length > 0) {
      await this.awaitRelay(rowIds, stampKeys);
    }
  }

  /** This process has no part in the shared tier of others: one of them delivers, where one is there. */
  private async awaitRelay(rowIds: readonly string[], stampKeys: readonly string[]): Promise<void> {
    try {
      if (!(await this.outbox.hasRelays())) return;
      await this.outbox.notify();
    } catch (error) {
      this.logger.warn(`The processes with a shared tier could not be called: ${messageOf(error)}`);
    }
    const isDelivered = await this.waits.until(rowIds, stampKeys, this.timing.invalidationBoundMs);
    if (!isDelivered) this.unconfirmedAnswers++;
  }

  private async forgetRows(rowIds: readonly string[]): Promise<void> {
    if (this.othersWrite) return this.acknowledgements.removeDelivered(rowIds);
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
    confirm: () => void,
    cause: unknown,
  ): Promise<void> {
    const startedMs = performance.now();
    let rows = rowIds;
    try {
      if (rows.length === 0) rows = [await this.outbox.append([...tags])].filter((id) => id !== undefined);
      await this.outbox.notify();
    } catch (error) {
      this.logger.error(
        `An invalidation could be neither delivered (${messageOf(cause)}) nor remembered: ${messageOf(error)}`,
      );
    }
    if (await this.waits.until(rows, stampKeys, this.timing.invalidationBoundMs)) {
      confirm();
      this.delivered++;
      return;
    }
    this.relay.takeOver(confirm, rows.length === 0 ? tags : undefined);
    this.unconfirmedAnswers++;
    this.logger.warn(
      `An invalidation was not confirmed within ${Math.round(performance.now() - startedMs)} ms (${messageOf(cause)}); its tags are bypassed until it is.`,
    );
  }
}
