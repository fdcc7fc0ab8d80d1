import { Logger } from '@nestjs/common';
import { messageOf } from '#kernel';
import type { Tag } from '../families/tag.js';
import type { Erasures } from './erasures.js';
import type { InvalidationOutbox } from './invalidation-outbox.js';
import type { InvalidationTiming } from './invalidation-timing.js';
import type { StampRemover } from './stamp-remover.js';
import { UnconfirmedTags } from './unconfirmed-tags.js';

/** Rows taken in one round; with more than that overdue, everything mutable is bypassed. */
const BATCH = 500;
/** Looks that are remembered: more than there are within the bound. */
const MOST_LOOKS = 50;

/** Stamps of this process that were not confirmed in time. */
interface Unconfirmed {
  readonly confirm: () => void;
  /** Since when, on the monotonic clock: a look that begins later sees the row. */
  readonly sinceMs: number;
  /** Set where no row could be written: then nobody else can deliver them. */
  readonly tags?: readonly Tag[];
}

/**
 * Delivers what writers could not, in every process, and watches the age of what is left. What that costs does not grow
 * with the writes that wait: it is done once for all.
 *
 * A row is overdue from half the bound on. A writer answers unconfirmed after the whole bound, so by then every
 * process has either seen its row or has not seen any for half the bound, and bypasses.
 */
export class OutboxRelay {
  private readonly logger = new Logger('Cache');
  readonly unconfirmedTags: UnconfirmedTags;
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> | undefined;
  private again = false;
  /** Whether somebody notified: then young rows are taken too. */
  private isNotified = false;
  private isWatching = false;
  /** Whether the last look has seen any row; true where it failed. */
  private isAnyLeft = true;
  private stopped = false;
  private unconfirmed: Unconfirmed[] = [];
  /** When the last look that succeeded began, on the monotonic clock. */
  private seenMs = Number.NEGATIVE_INFINITY;
  private lastProblem = '';
  /** The last ones, oldest first. */
  private looks: { readonly snapshot: string; readonly atMs: number }[] = [];
  /** Age of the oldest undelivered row at the last look; 0 where none is overdue. */
  oldestRowAgeMs = 0;
  relayed = 0;

  /**
   * @param othersWrite whether other processes write to the database: only their rows can be missed
   * @param confirmServers looks whether the servers asked here are those that others ask; rejects where it can't
   */
  constructor(
    private readonly outbox: InvalidationOutbox,
    private readonly stamps: StampRemover,
    private readonly timing: InvalidationTiming,
    private readonly erasures: Erasures,
    othersWrite: boolean,
    private readonly confirmServers: () => Promise<void>,
  ) {
    const longestMs = timing.invalidationBoundMs / 2;
    this.unconfirmedTags = new UnconfirmedTags(
      () => othersWrite && this.isWatching && performance.now() - this.seenMs > longestMs,
    );
  }

  /** Resolves after the first look, whatever came of it. */
  async start(): Promise<void> {
    this.isWatching = this.stamps.isRelay;
    this.erasures.watch();
    this.outbox.onNotify(() => {
      this.isNotified = true;
      void this.run();
    });
    this.timer = setInterval(() => void this.run(), this.timing.pollMs);
    this.timer.unref();
    await this.run();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.erasures.stop();
    clearInterval(this.timer);
    await this.round;
    await this.outbox.close();
  }

  /**
   * The newest look that is older than this: what it has seen, every process has seen as well by now, or can't see.
   * @returns undefined where there was none
   */
  snapshotOlderThan(ms: number): string | undefined {
    return this.looks.findLast(({ atMs }) => performance.now() - atMs >= ms)?.snapshot;
  }

  /** One look at the outbox now, joined by whoever asks meanwhile. */
  async run(): Promise<void> {
    if (this.stopped) return;
    if (this.round !== undefined) {
      this.again = true;
      return this.round;
    }
    this.round = this.rounds().finally(() => {
      this.round = undefined;
    });
    return this.round;
  }

  /** Takes every row, however young. For the gate, behind which the shared tier is not open yet. */
  async deliverAll(): Promise<void> {
    await this.attempt(() => this.deliver(0));
    await this.attempt(() => this.watch());
  }

  /**
   * Takes over what nobody confirmed to a writer in time: its stamps stay suspect until the row has been seen overdue or
   * gone.
   * @param tags where no row could be written: the relay writes one
   */
  takeOver(confirm: () => void, tags?: readonly Tag[]): void {
    this.unconfirmed.push({ confirm, sinceMs: performance.now(), ...(tags === undefined ? {} : { tags }) });
  }

  private async rounds(): Promise<void> {
    do {
      this.again = false;
      const isNotified = this.isNotified;
      this.isNotified = false;
      // Who notifies waits. Else a look comes first, and mostly says that there is nothing to claim.
      if (isNotified && this.stamps.canDeliver) await this.attempt(() => this.deliver(0));
      this.isAnyLeft = true;
      let hasLooked = false;
      if (this.stamps.isRelay) {
        await this.attempt(() => this.remember());
        hasLooked = await this.attempt(() => this.watch());
      }
      if (!isNotified && this.isAnyLeft && this.stamps.canDeliver)
        await this.attempt(() => this.deliver(this.timing.relayAfterMs));
      await this.attempt(() => this.erasures.round(hasLooked));
    } while (this.again && !this.stopped);
  }

  private async deliver(olderThanMs: number): Promise<void> {
    const rows = await this.outbox.claim(olderThanMs, BATCH, this.snapshotOlderThan(olderThanMs));
    if (rows.length === 0) return;
    await this.stamps.remove(this.stamps.keysOf(rows.flatMap((row) => row.tags)));
    await this.outbox.remove(rows.map((row) => row.id));
    this.relayed += rows.length;
    // What was delivered is looked for again: until then its tags are bypassed.
    this.again = true;
  }

  /** Writes one row for all tags that have none. */
  private async remember(): Promise<void> {
    const without = this.unconfirmed.filter(({ tags }) => tags !== undefined);
    if (without.length === 0) return;
    await this.outbox.append([...new Set(without.flatMap(({ tags }) => tags ?? []))]);
    const sinceMs = performance.now() + this.timing.invalidationBoundMs / 2;
    this.unconfirmed = this.unconfirmed.map((each) =>
      without.includes(each) ? { confirm: each.confirm, sinceMs } : each,
    );
  }

  private async watch(): Promise<void> {
    const startedMs = performance.now();
    const halfMs = this.timing.invalidationBoundMs / 2;
    // In this order: where other servers are recorded, rows may be gone that were never delivered here.
    const {
      rows: overdue,
      snapshot,
      isAnyLeft,
      erasures,
    } = await this.outbox.overdue(halfMs, BATCH + 1, this.snapshotOlderThan(halfMs));
    this.erasures.noteLook(startedMs, erasures);
    this.isAnyLeft = isAnyLeft;
    await this.confirmServers();
    const tags = overdue.flatMap((row) => row.tags);
    this.unconfirmedTags.setOverdue(overdue.length > BATCH ? 'all' : this.stamps.keysOf(tags));
    this.seenMs = startedMs;
    this.looks = [...this.looks.slice(-MOST_LOOKS), { snapshot, atMs: startedMs }];
    const isSeen = ({ sinceMs, tags: unwritten }: Unconfirmed) => unwritten === undefined && sinceMs < startedMs;
    for (const { confirm } of this.unconfirmed.filter(isSeen)) confirm();
    this.unconfirmed = this.unconfirmed.filter((each) => !isSeen(each));
    this.oldestRowAgeMs = overdue.length === 0 ? 0 : await this.outbox.oldestAgeMs();
    this.lastProblem = '';
  }

  /** @returns whether it succeeded */
  private async attempt(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      const problem = messageOf(error);
      if (problem !== this.lastProblem) this.logger.warn(`The relay of invalidations is held up: ${problem}`);
      this.lastProblem = problem;
      return false;
    }
  }
}
