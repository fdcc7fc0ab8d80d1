import { setTimeout as pause } from 'node:timers/promises';
import type { InvalidationOutbox } from './invalidation-outbox.js';
import type { StampRemover } from './stamp-remover.js';

/** How often is looked for rows that are waited for. */
const LOOK_EVERY_MS = 40;

interface Wait {
  readonly rowIds: readonly string[];
  readonly stampKeys: readonly string[];
  readonly untilMs: number;
  readonly end: (isDelivered: boolean) => void;
}

/**
 * Writers that wait until rows of the outbox are delivered, by this process or by another. They are looked after
 * together: one statement for all, whatever their number, and none once the last has been answered.
 */
export class DeliveryWaits {
  private readonly waits = new Set<Wait>();
  private isLooking = false;
  private stopped = false;

  constructor(
    private readonly outbox: InvalidationOutbox,
    private readonly stamps: StampRemover,
  ) {}

  stop(): void {
    this.stopped = true;
    for (const wait of this.waits) wait.end(false);
    this.waits.clear();
  }

  /**
   * @param rowIds none where nobody but this process can deliver
   * @param stampKeys of the rows
   * @param withinMs how long is waited at most
   * @returns whether they were delivered
   */
  until(rowIds: readonly string[], stampKeys: readonly string[], withinMs: number): Promise<boolean> {
    if (this.stopped || withinMs <= 0) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.waits.add({ rowIds, stampKeys, untilMs: performance.now() + withinMs, end: resolve });
      if (!this.isLooking) void this.look();
    });
  }

  private async look(): Promise<void> {
    this.isLooking = true;
    while (this.waits.size > 0) {
      const looked = [...this.waits];
      const isDelivered = await this.deliver(looked).catch(() => false);
      const left = isDelivered ? undefined : await this.left(looked);
      const nowMs = performance.now();
      for (const wait of looked) {
        const isGone = left !== undefined && wait.rowIds.length > 0 && !wait.rowIds.some((id) => left.has(id));
        if (isDelivered || isGone || nowMs >= wait.untilMs) this.end(wait, isDelivered || isGone);
      }
      if (this.waits.size > 0) await pause(this.pauseMs());
    }
    this.isLooking = false;
  }

  /** Rows stay where removing them fails: delivering one twice is harmless. */
  private async deliver(waits: readonly Wait[]): Promise<boolean> {
    if (!this.stamps.canDeliver) return false;
    await this.stamps.remove([...new Set(waits.flatMap(({ stampKeys }) => stampKeys))]);
    await this.outbox.remove(idsOf(waits)).catch(() => undefined);
    return true;
  }

  private async left(waits: readonly Wait[]): Promise<ReadonlySet<string> | undefined> {
    try {
      return new Set(await this.outbox.left(idsOf(waits)));
    } catch {
      return undefined;
    }
  }

  private pauseMs(): number {
    const soonestMs = Math.min(...[...this.waits].map(({ untilMs }) => untilMs - performance.now()));
    return Math.max(1, Math.min(LOOK_EVERY_MS, soonestMs));
  }

  private end(wait: Wait, isDelivered: boolean): void {
    if (this.waits.delete(wait)) wait.end(isDelivered);
  }
}

function idsOf(waits: readonly Wait[]): string[] {
  return [...new Set(waits.flatMap(({ rowIds }) => rowIds))];
}
