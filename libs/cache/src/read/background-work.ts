import { AsyncLocalStorage } from 'node:async_hooks';
import { messageOf } from '#kernel';
import { Logger } from '@nestjs/common';

/**
 * Work that nobody waits for: refreshes, refills, probes, removals. It runs outside the request that started it, so it
 * takes no part in a transaction of that request. Its errors are logged, never thrown.
 */
export class BackgroundWork {
  private readonly logger = new Logger('Cache');
  private readonly running = new Set<Promise<unknown>>();
  private readonly outside = AsyncLocalStorage.snapshot();

  start(work: () => Promise<unknown>): void {
    const ended: Promise<unknown> = this.outside(work)
      .catch((error: unknown) => this.logger.debug(`Work in the background failed: ${messageOf(error)}`))
      .finally(() => this.running.delete(ended));
    this.running.add(ended);
  }

  /** Resolves when nothing runs any more. */
  async settled(): Promise<void> {
    while (this.running.size > 0) await Promise.allSettled(this.running);
  }
}
