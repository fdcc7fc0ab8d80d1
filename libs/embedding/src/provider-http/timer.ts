import { setTimeout } from 'node:timers/promises';

/** The only way to wait, so that tests can let time pass. */
export abstract class Timer {
  /** Resolves after `ms`, or as soon as `signal` aborts. Never rejects. */
  abstract wait(ms: number, signal?: AbortSignal): Promise<void>;
}

export class SystemTimer extends Timer {
  async wait(ms: number, signal?: AbortSignal): Promise<void> {
    await setTimeout(ms, undefined, { signal }).catch(() => undefined);
  }
}
