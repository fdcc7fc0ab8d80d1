import { ManualClock } from '#kernel/testing';
import { Timer } from '../provider-http/retry-delay.js';

interface Wait {
  readonly dueMs: number;
  readonly ms: number;
  resolve(): void;
}

/** Time that passes when a test says so: moving it moves the clock and ends the waits that are due. */
export class ManualTimer extends Timer {
  readonly clock = new ManualClock();
  private waits: Wait[] = [];

  wait(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((settle) => {
      const wait: Wait = {
        dueMs: this.clock.nowMs() + ms,
        ms,
        resolve: () => {
          this.waits = this.waits.filter((other) => other !== wait);
          settle();
        },
      };
      this.waits.push(wait);
      signal?.addEventListener('abort', () => wait.resolve(), { once: true });
    });
  }

  /** How long each of the waits under way was asked to last. */
  get pending(): readonly number[] {
    return this.waits.map(({ ms }) => ms);
  }

  advance(ms: number): void {
    this.clock.advance(ms);
    for (const wait of this.waits.filter(({ dueMs }) => dueMs <= this.clock.nowMs())) wait.resolve();
  }
}

/** Waits no time at all, and moves the clock by what was waited for. */
export class HastyTimer extends Timer {
  readonly clock = new ManualClock();
  /** The pauses between attempts. Timeouts, which are cancelled, are not among them. */
  readonly pauses: number[] = [];

  constructor(private readonly timeoutsMs: readonly number[]) {
    super();
  }

  wait(ms: number, signal?: AbortSignal): Promise<void> {
    if (this.timeoutsMs.includes(ms)) {
      return new Promise((settle) => signal?.addEventListener('abort', () => settle(), { once: true }));
    }
    this.pauses.push(ms);
    this.clock.advance(ms);
    return Promise.resolve();
  }
}
