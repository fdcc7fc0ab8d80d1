import { StoreUnavailableError } from '../shared-store.js';

interface Waiting {
  /** The step at which it is given up. */
  readonly dueStep: number;
  /** Undefined once it has its reply. */
  reject: ((error: unknown) => void) | undefined;
}

/** Steps of a wait. Each takes a turn of the event loop of its own, however long the one before it took. */
const STEPS = 4;

/** Settled ones at the front of the queue, before it is cut. */
const MOST_SETTLED = 1_024;

/**
 * Waits for replies, each for `ms` and up to a quarter more. Only the time counts in which this process could have read
 * them: a wait is given up after four steps of the event loop, each at least a quarter of it, and sockets are read between
 * them. So a long computation of ours, or many in a row, are not taken for an outage of theirs.
 *
 * One timer stands for all that wait: a timer for each command costs a tenth of what the command does.
 */
export class Deadlines {
  /** In the order they are due, which is the order they came in. */
  private queue: Waiting[] = [];
  /** Place of the first one that waits. What is settled is let go at once: it holds values, and would outlive them. */
  private first = 0;
  private timer: NodeJS.Timeout | undefined;
  private step = 0;

  constructor(private readonly ms: number) {}

  /** Calls one of the two, once: with the reply, with what rejected it, or with a `StoreUnavailableError`. */
  watch<Reply>(reply: Promise<Reply>, resolve: (reply: Reply) => void, reject: (error: unknown) => void): void {
    // A step that runs already is no whole one.
    const waiting: Waiting = { dueStep: this.step + STEPS + (this.timer === undefined ? 0 : 1), reject };
    this.queue.push(waiting);
    this.timer ??= this.nextStep();
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

  private nextStep(): NodeJS.Timeout {
    return setTimeout(() => this.look(), Math.ceil(this.ms / STEPS)).unref();
  }

  private look(): void {
    this.step++;
    const waiting = this.queue.slice(this.first).filter(({ reject }) => reject !== undefined);
    const late = waiting.filter(({ dueStep }) => dueStep <= this.step);
    // Sockets are read between the timers and this.
    if (late.length > 0) setImmediate(() => late.forEach((each) => this.giveUp(each)));
    this.timer = late.length === waiting.length ? undefined : this.nextStep();
  }

  private giveUp(waiting: Waiting): void {
    const { reject } = waiting;
    if (this.settle(waiting)) reject?.(new StoreUnavailableError(`The server has not answered within ${this.ms} ms.`));
  }
}
