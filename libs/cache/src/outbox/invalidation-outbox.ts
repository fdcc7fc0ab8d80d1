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
  /** The transaction that the caller is in, the same object for all calls in it; its commit is what `afterCommit` waits for. */
  abstract readonly transaction: object | undefined;

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

/** The transactions that writes run in. */
export interface Transactions {
  readonly transaction: object | undefined;
  afterCommit(hook: () => Promise<void> | void): Promise<void>;
}

const NO_TRANSACTIONS: Transactions = {
  transaction: undefined,
  afterCommit: async (hook) => hook(),
};

/**
 * For a shared tier that dies with the process: nothing can outlive an invalidation that was not delivered, so nothing
 * is remembered. Invalidations still wait for the commit.
 */
export class NoOutbox extends InvalidationOutbox {
  constructor(private readonly transactions: Transactions = NO_TRANSACTIONS) {
    super();
  }

  get transaction(): object | undefined {
    return this.transactions.transaction;
  }
  async afterCommit(hook: () => Promise<void> | void): Promise<void> {
    await this.transactions.afterCommit(hook);
  }
  async append(): Promise<string> {
    return 'none';
  }
  async remove(): Promise<void> {}
  async claim(): Promise<PendingInvalidation[]> {
    return [];
  }
  async overdue(): Promise<PendingInvalidation[]> {
    return [];
  }
  /** Nobody else knows of it, so nobody else delivers it. */
  async anyLeft(): Promise<boolean> {
    return true;
  }
  async oldestAgeMs(): Promise<number> {
    return 0;
  }
  async call(): Promise<void> {}
  onCall(): void {}
  async close(): Promise<void> {}
}
