import type { Tag } from '../tag.js';

/** Tags of a committed write whose invalidation nobody has confirmed yet. */
export interface PendingInvalidation {
  readonly id: string;
  readonly tags: readonly Tag[];
}

/**
 * Remembers, in the transaction of the write itself, what must be invalidated: a writer that dies after its commit
 * leaves the row to the relays of the others.
 *
 * Implementations pass `invalidationOutboxContract` in `testing/`.
 */
export abstract class InvalidationOutbox {
  /** Whether the caller is inside a transaction, whose commit `afterCommit` waits for. */
  abstract readonly inTransaction: boolean;

  abstract afterCommit(hook: () => Promise<void> | void): Promise<void>;

  /** Writes a row in the surrounding transaction. It is visible to others after the commit and never after a rollback. */
  abstract append(tags: readonly Tag[]): Promise<string>;

  /** Removes rows that were delivered. Removing one twice is harmless. */
  abstract remove(ids: readonly string[]): Promise<void>;

  /**
   * Rows older than `olderThanMs`, at most `limit`, oldest first, that no other process has claimed within the last
   * second. Two callers at the same time get different rows.
   */
  abstract claim(olderThanMs: number, limit: number): Promise<PendingInvalidation[]>;

  /** Undelivered rows older than `olderThanMs`, claimed or not, oldest first. */
  abstract overdue(olderThanMs: number, limit: number): Promise<PendingInvalidation[]>;

  /** Whether any of these rows is still there. */
  abstract anyLeft(ids: readonly string[]): Promise<boolean>;

  /** Age of the oldest row in milliseconds; 0 where there is none. */
  abstract oldestAgeMs(): Promise<number>;

  /** Asks the relays of other processes to look now. Best effort. */
  abstract call(): Promise<void>;

  /** Runs `listener` when another process calls, where the database can tell. */
  abstract onCall(listener: () => void): void;

  abstract close(): Promise<void>;
}

/** For a shared tier that dies with the process: nothing can outlive an invalidation that was not delivered. */
export class NoOutbox extends InvalidationOutbox {
  get inTransaction(): boolean {
    return false;
  }
  async afterCommit(hook: () => Promise<void> | void): Promise<void> {
    await hook();
  }
  async append(): Promise<string> {
    return '';
  }
  async remove(): Promise<void> {}
  async claim(): Promise<PendingInvalidation[]> {
    return [];
  }
  async overdue(): Promise<PendingInvalidation[]> {
    return [];
  }
  async anyLeft(): Promise<boolean> {
    return false;
  }
  async oldestAgeMs(): Promise<number> {
    return 0;
  }
  async call(): Promise<void> {}
  onCall(): void {}
  async close(): Promise<void> {}
}
