import { Logger } from '@nestjs/common';
import { messageOf } from '#kernel';
import type { InvalidationOutbox } from './invalidation-outbox.js';
import type { InvalidationTiming } from './invalidation-timing.js';
import type { StampRemover } from './stamp-remover.js';
import { Suspects } from './suspects.js';

/** Rows taken in one round; with more than that overdue, everything mutable is bypassed. */
const BATCH = 500;

/**
 * Delivers what writers could not, in every process, and watches the age of what is left.
 *
 * A row is overdue from half the bound on. A writer answers unconfirmed after the whole bound, so by then every
 * process has either seen its row or has not seen any for half the bound, and bypasses.
 */
export class OutboxRelay {
  private readonly logger = new Logger('Cache');
  readonly suspects: Suspects;
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> | undefined;
  private again = false;
  private isWatching = false;
  private stopped = false;
  /** When the last look that succeeded began, on the monotonic clock. */
  private seenMs = Number.NEGATIVE_INFINITY;
  private lastProblem = '';
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
    othersWrite: boolean,
    private readonly confirmServers: () => Promise<void>,
  ) {
    const longestMs = timing.invalidationBoundMs / 2;
    this.suspects = new Suspects(() => othersWrite && this.isWatching && performance.now() - this.seenMs > longestMs);
  }

  /** Resolves after the first look, whatever came of it. */
  async start(): Promise<void> {
    this.isWatching = true;
    this.outbox.onCall(() => void this.run());
    this.timer = setInterval(() => void this.run(), this.timing.pollMs);
    this.timer.unref();
    await this.run();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await this.round;
    await this.outbox.close();
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

  private async rounds(): Promise<void> {
    do {
      this.again = false;
      if (this.stamps.canTry) await this.attempt(() => this.deliver(this.timing.relayAfterMs));
      await this.attempt(() => this.watch());
    } while (this.again && !this.stopped);
  }

  private async deliver(olderThanMs: number): Promise<void> {
    const rows = await this.outbox.claim(olderThanMs, BATCH);
    if (rows.length === 0) return;
    await this.stamps.remove(this.stamps.keysOf(rows.flatMap((row) => row.tags)));
    await this.outbox.remove(rows.map((row) => row.id));
    this.relayed += rows.length;
    if (rows.length === BATCH) this.again = true;
  }

  private async watch(): Promise<void> {
    const startedMs = performance.now();
    const [overdue] = await Promise.all([
      this.outbox.overdue(this.timing.invalidationBoundMs / 2, BATCH + 1),
      this.confirmServers(),
    ]);
    const tags = overdue.flatMap((row) => row.tags);
    this.suspects.setOverdue(overdue.length > BATCH ? 'all' : this.stamps.keysOf(tags));
    this.seenMs = startedMs;
    this.oldestRowAgeMs = overdue.length === 0 ? 0 : await this.outbox.oldestAgeMs();
    this.lastProblem = '';
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const problem = messageOf(error);
      if (problem !== this.lastProblem) this.logger.warn(`The relay of invalidations is held up: ${problem}`);
      this.lastProblem = problem;
    }
  }
}
