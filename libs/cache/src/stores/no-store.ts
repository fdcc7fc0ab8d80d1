import type { LeaseOutcome } from '../protocol/lease.js';
import { type SharedKeyPage, type SharedRead, SharedStore, StoreUnavailableError } from './shared-store.js';

/**
 * Several processes without a shared tier: always closed, so only immutable families are cached, each process for
 * itself. Nothing mutable is kept, so there is nothing to invalidate.
 */
export class NoStore extends SharedStore {
  readonly isOpen = false;

  async unlink(): Promise<void> {}
  async unlinkEpoch(): Promise<void> {}
  async close(): Promise<void> {}
  renewStamps(): void {}

  read = (): Promise<SharedRead> => this.refuse();
  makeStamps = (): Promise<string[]> => this.refuse();
  makeEpoch = (): Promise<string> => this.refuse();
  acquire = (): Promise<LeaseOutcome> => this.refuse();
  fill = (): Promise<boolean> => this.refuse();
  renew = (): Promise<boolean> => this.refuse();
  release = (): Promise<void> => this.refuse();
  remove = (): Promise<void> => this.refuse();
  deleteKeys = (): Promise<number> => this.refuse();
  ttlMs = (): Promise<number | undefined> => this.refuse();
  sizeOf = (): Promise<number | undefined> => this.refuse();
  increment = (): Promise<number> => this.refuse();
  scan = (): Promise<SharedKeyPage> => this.refuse();
  ping = (): Promise<void> => this.refuse();

  private refuse(): Promise<never> {
    return Promise.reject(
      new StoreUnavailableError(
        'No Redis is configured: set REDIS_URL, or KEEPSAKE_SINGLE_PROCESS=true where this process is alone.',
      ),
    );
  }
}
