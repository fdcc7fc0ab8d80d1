import { Injectable } from '@nestjs/common';

/**
 * Informs the worker of this process that there may be work, so that it does not wait for its next look. A call while
 * nobody waits is remembered for the next wait.
 */
@Injectable()
export class JobNotifier {
  private pending = false;
  private wake: (() => void) | undefined;

  notify(): void {
    this.pending = true;
    this.wake?.();
  }

  /** Resolves at the next `notify`, or after `timeoutMs`. One waits at a time. */
  async wait(timeoutMs: number): Promise<void> {
    if (!this.pending) {
      await new Promise<void>((settle) => {
        const timer = setTimeout(settle, timeoutMs);
        this.wake = () => {
          clearTimeout(timer);
          settle();
        };
      });
      this.wake = undefined;
    }
    this.pending = false;
  }
}

/** Informs the worker of this process that a job was cancelled, so that it stops at once. Others see it at their next look. */
@Injectable()
export class JobCancellation {
  private listener: (jobId: string) => void = () => undefined;

  listen(listener: (jobId: string) => void): void {
    this.listener = listener;
  }

  notify(jobId: string): void {
    this.listener(jobId);
  }
}
