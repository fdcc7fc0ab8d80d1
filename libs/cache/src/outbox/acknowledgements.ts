import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '#kernel';
import { Logger } from '@nestjs/common';
import { FreshLoads } from '../read/load-sharing.js';
import type { DeliveryWaits } from './delivery-waits.js';
import type { InvalidationOutbox, RecentInvalidation } from './invalidation-outbox.js';
import type { InvalidationTiming } from './invalidation-timing.js';
import type { OutboxRelay } from './outbox-relay.js';
import type { StampRemover } from './stamp-remover.js';

/** Rows that one look names. With more, all that were there are waited for by time. */
const MOST_ROWS = 500;
/** Two clocks are compared, each read to less than this. */
const CLOCK_STEP_MS = 2;
/** How long a delivered row is left to the next look. */
const REMOVED_AFTER_MS = 20;

/**
 * What a write may be answered on. An answer can rest on rows that another process has committed and whose invalidation
 * is still under way: a retry that finds its work done, a second text in a project that another made. Before it goes
 * out, these rows are delivered here, or delivered by another process, or so old that every process bypasses their tags.
 *
 * Callers that ask while a look runs share the next one. A look also removes the rows that this process has delivered.
 */
export class Acknowledgements {
  private readonly logger = new Logger('Cache');
  private readonly looks = new FreshLoads();
  private delivered: string[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly outbox: InvalidationOutbox,
    private readonly stamps: StampRemover,
    private readonly waits: DeliveryWaits,
    private readonly timing: InvalidationTiming,
    private readonly relay: OutboxRelay,
  ) {}

  /** Removes these rows with the next look: a write is mostly followed by one, which is its own. Without one, soon after. */
  removeDelivered(ids: readonly string[]): void {
    this.delivered.push(...ids);
    this.timer ??= setTimeout(() => void this.removeNow(), REMOVED_AFTER_MS).unref();
  }

  /** Removes what was delivered and is still there. */
  async removeNow(): Promise<void> {
    const ids = this.takeDelivered();
    if (ids.length === 0) return;
    try {
      await this.outbox.remove(ids);
    } catch (error) {
      this.logger.warn(`Delivered invalidations stay in the outbox and will be repeated: ${messageOf(error)}`);
    }
  }

  /**
   * @param seenMsAgo how long ago the caller last read from the database, in milliseconds: what was written later it
   *   has not seen
   */
  async settle(seenMsAgo: number): Promise<void> {
    const { invalidationBoundMs } = this.timing;
    const rows = await this.look().catch(() => undefined);
    // Nobody could be asked, or too many are under way: by the bound every process bypasses what is not delivered.
    if (rows === undefined || rows.length === MOST_ROWS) return pause(Math.max(0, invalidationBoundMs - seenMsAgo));
    const seen = rows.filter(({ ageMs }) => ageMs < 0 || ageMs >= seenMsAgo - CLOCK_STEP_MS);
    if (seen.length === 0) return;
    const stampKeys = this.stamps.keysOf(seen.flatMap(({ tags }) => tags));
    // Its writer removes the row itself; what is left of a dead one the relay delivers once more.
    if (this.stamps.canDeliver && (await this.isRemoved(stampKeys))) return;
    if (!this.stamps.isRelay && !(await this.outbox.hasRelays().catch(() => true))) return;
    const ids = seen.map(({ id }) => id);
    // How old a row is does not say since when others see it; that the caller has seen it does.
    await this.waits.until(ids, stampKeys, invalidationBoundMs - seenMsAgo);
  }

  private async isRemoved(stampKeys: readonly string[]): Promise<boolean> {
    try {
      await this.stamps.remove(stampKeys);
      return true;
    } catch {
      return false;
    }
  }

  private look(): Promise<readonly RecentInvalidation[]> {
    const { invalidationBoundMs } = this.timing;
    return this.looks.load('rows', invalidationBoundMs, async () => {
      const delivered = this.takeDelivered();
      const snapshot = this.relay.snapshotOlderThan(invalidationBoundMs);
      try {
        return await this.outbox.recent(invalidationBoundMs, MOST_ROWS, snapshot, delivered);
      } catch (error) {
        this.removeDelivered(delivered);
        throw error;
      }
    });
  }

  private takeDelivered(): readonly string[] {
    clearTimeout(this.timer);
    this.timer = undefined;
    const ids = this.delivered;
    this.delivered = [];
    return ids;
  }
}
