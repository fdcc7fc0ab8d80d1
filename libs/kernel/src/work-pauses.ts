import { setImmediate } from 'node:timers/promises';

/** In milliseconds; long against a pause, short against what a health check waits for. */
const AT_A_STRETCH_MS = 10;

/**
 * Keeps long work in one process from holding up everybody else: called between its steps, it lets whatever waits
 * run first once the work has gone on for ten milliseconds. A step itself is not interrupted.
 */
export class WorkPauses {
  private since = performance.now();

  /** For loops of small steps, which would spend their time on promises. */
  get isDue(): boolean {
    return performance.now() - this.since >= AT_A_STRETCH_MS;
  }

  async pauseIfDue(): Promise<void> {
    if (!this.isDue) return;
    await setImmediate();
    this.since = performance.now();
  }
}
