import { StoreUnavailableError } from '../shared-store.js';

interface Waiting {
  readonly dueMs: number;
  /** Undefined once it has its reply. */
  reject: ((error: unknown) => void) | undefined;
}

/** Settled ones at the front of the queue, before it is cut. */
const MOST_SETTLED = 1_024;

/**
 * Waits for replies, each for at most `ms`. A reply that has reached this process counts, also where the process was
 * too busy to look: it is read before the wait is given up. So a long computation of ours is not taken for an outage of
 * theirs.
 *
 * One timer stands for all that wait: a timer for each command costs a tenth of what the command does.
 */
export class Deadlines {
  /** In the order they are due, which is the order they came in. */
  private queue: Waiting[] = [];
  /** Place of the first one that waits. What is settled is let go at once: it holds values, and would outlive them. */
  private first = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly ms: number) {}

  /** Calls one of the two, once: with the reply, with what rejected it, or with a `StoreUnavailableError`. */
  watch<Reply>(reply: Promise<Reply>, resolve: (reply: Reply) => void, reject: (error: unknown) => void): void {
    const waiting: Waiting = { dueMs: performance.now() + this.ms, reject };
    this.queue.push(waiting);
    this.timer ??= this.wakeIn(this.ms);
    reply.then(
      (value) => {
        if (this.settle(waiting)) resolve(value);
        return undefined;
      },
      (error: unknown) => {
        if (this.settle(waiting)) reject(error);
      },
    );
  }

  /** The reply, or a rejection when it has not come in time. */
  within<Reply>(reply: Promise<Reply>): Promise<Reply> {
    return new Promise((resolve, reject) => this.watch(reply, resolve, reject));
  }

  /** False: it was settled before. */
  private settle(waiting: Waiting): boolean {
    if (waiting.reject === undefined) return false;
    waiting.reject = undefined;
    const { queue } = this;
    while (this.first < queue.length && queue[this.first]?.reject === undefined) this.first++;
    if (this.first === queue.length) {
      queue.length = 0;
      this.first = 0;
    } else if (this.first > MOST_SETTLED) {
      queue.splice(0, this.first);
      this.first = 0;
    }
    return true;
  }

  private wakeIn(ms: number): NodeJS.Timeout {
    return setTimeout(() => this.look(), Math.ceil(ms)).unref();
  }

  private look(): void {
    const now = performance.now();
    const late = this.queue.slice(this.first).filter(({ reject, dueMs }) => reject !== undefined && dueMs <= now);
    // Sockets are read between the timers and this.
    if (late.length > 0) setImmediate(() => late.forEach((waiting) => this.giveUp(waiting)));
    const next = this.queue.find(({ reject, dueMs }) => reject !== undefined && dueMs > now);
    this.timer = next === undefined ? undefined : this.wakeIn(next.dueMs - now);
  }

  private giveUp(waiting: Waiting): void {
    const { reject } = waiting;
    if (this.settle(waiting)) reject?.(new StoreUnavailableError(`The server has not answered within ${this.ms} ms.`));
  }
}
