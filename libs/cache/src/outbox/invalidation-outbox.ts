import type { Tag } from '../families/tag.js';

/** Tags of a committed write whose invalidation nobody has confirmed yet. */
export interface PendingInvalidation {
  readonly id: string;
  readonly tags: readonly Tag[];
}

/** What one look at the outbox saw: a later look can ask for what was committed since. */
export interface OverdueInvalidations {
  readonly rows: readonly PendingInvalidation[];
  /** Of the look; it means something to the same outbox alone. */
  readonly snapshot: string;
  /** Whether there was any undelivered row, due or not. */
  readonly isAnyLeft: boolean;
  /** As `erasures` answers, of the same moment: the relay looks for both at once. */
  readonly erasures: readonly Erasure[];
}

/** An undelivered row and the milliseconds since it was written, on the clock of the outbox: below 0 where that was set back. */
export interface RecentInvalidation extends PendingInvalidation {
  readonly ageMs: number;
}

/** Something of a scope (an encoded workspace) was deleted for good: what caches hold of it is removed everywhere. */
export interface Erasure {
  readonly id: string;
  readonly scope: string;
  /** Since when the shared tier holds nothing of before, in milliseconds; undefined: it may. */
  readonly doneMsAgo: number | undefined;
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

  /** Runs `hook` in that transaction, as its last work. */
  abstract beforeCommit(hook: () => Promise<void>): Promise<void>;

  abstract afterCommit(hook: () => Promise<void> | void): Promise<void>;

  /**
   * Writes a row in the surrounding transaction. It is visible to others after the commit and never after a rollback.
   * @returns its id; undefined where no process on this database has a shared tier, so that nobody needs it
   */
  abstract append(tags: readonly Tag[]): Promise<string | undefined>;

  /** Removes rows that were delivered. Removing one twice is harmless. */
  abstract remove(ids: readonly string[]): Promise<void>;

  /**
   * Rows that are due, at most `limit`, oldest first, that no other process has claimed within the last second. Two
   * callers at the same time get different rows.
   *
   * A row is due when it is older than `olderThanMs`; when the look with this snapshot has seen it, which holds whatever
   * becomes of the clock; and when it is of the future, after the clock was set back.
   */
  abstract claim(olderThanMs: number, limit: number, snapshot?: string): Promise<PendingInvalidation[]>;

  /** Undelivered rows that are due, as above, claimed or not, oldest first. */
  abstract overdue(olderThanMs: number, limit: number, snapshot?: string): Promise<OverdueInvalidations>;

  /**
   * Undelivered rows that were written within the last `withinMs`, or that the look with this snapshot has not seen: a
   * transaction may commit long after it wrote its row. Claimed or not, at most `limit`, the newest first.
   * @param delivered rows that are removed by the way, and not answered
   */
  abstract recent(
    withinMs: number,
    limit: number,
    snapshot?: string,
    delivered?: readonly string[],
  ): Promise<RecentInvalidation[]>;
  /** Those of these rows that are still there. */
  abstract left(ids: readonly string[]): Promise<string[]>;
  /** Whether a process that delivers was there within the last half minute. */
  abstract hasRelays(): Promise<boolean>;

  /**
   * Writes, in the surrounding transaction, that a scope is erased.
   * @returns its id; undefined where no other process can hold anything, now or later
   */
  abstract appendErasure(scope: string): Promise<string | undefined>;
  /** All that are kept. One is kept for as long after it is done as `takeFinished` says. */
  abstract erasures(): Promise<Erasure[]>;
  /** As `claim`, of erasures that are not done, for five seconds. */
  abstract claimErasures(olderThanMs: number): Promise<Erasure[]>;
  /**
   * The store of this process holds nothing of these any more.
   * @returns those that are done with that: not those whose shared tier is another process's
   */
  abstract erased(ids: readonly string[]): Promise<string[]>;
  /** Removes those that were done more than `doneForMs` ago, and answers them. Two callers get different ones. */
  abstract takeFinished(doneForMs: number): Promise<Erasure[]>;

  /** Age of the oldest row in milliseconds; 0 where there is none. */
  abstract oldestAgeMs(): Promise<number>;

  /** Asks the relays of other processes to look now (NOTIFY). Best effort. */
  abstract notify(): Promise<void>;

  /** Runs `listener` when another process notifies, where the database has NOTIFY. */
  abstract onNotify(listener: () => void): void;

  abstract close(): Promise<void>;
}

/** The transactions that writes run in. */
export interface Transactions {
  readonly transaction: object | undefined;
  beforeCommit(hook: () => Promise<void>): Promise<void>;
  afterCommit(hook: () => Promise<void> | void): Promise<void>;
}

const NO_TRANSACTIONS: Transactions = {
  transaction: undefined,
  beforeCommit: (hook) => hook(),
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
  async beforeCommit(hook: () => Promise<void>): Promise<void> {
    await this.transactions.beforeCommit(hook);
  }
  async afterCommit(hook: () => Promise<void> | void): Promise<void> {
    await this.transactions.afterCommit(hook);
  }
  async append(): Promise<undefined> {}
  async remove(): Promise<void> {}
  async claim(): Promise<PendingInvalidation[]> {
    return [];
  }
  async overdue(): Promise<OverdueInvalidations> {
    return { rows: [], snapshot: '', isAnyLeft: false, erasures: [] };
  }
  async recent(): Promise<RecentInvalidation[]> {
    return [];
  }
  async left(): Promise<string[]> {
    return [];
  }
  async hasRelays(): Promise<boolean> {
    return false;
  }
  async appendErasure(): Promise<undefined> {}
  async erasures(): Promise<Erasure[]> {
    return [];
  }
  async claimErasures(): Promise<Erasure[]> {
    return [];
  }
  async erased(): Promise<string[]> {
    return [];
  }
  async takeFinished(): Promise<Erasure[]> {
    return [];
  }
  async oldestAgeMs(): Promise<number> {
    return 0;
  }
  async notify(): Promise<void> {}
  onNotify(): void {}
  async close(): Promise<void> {}
}
