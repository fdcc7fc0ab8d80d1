export interface TransactionOptions {
  /**
   * How often the whole work is run again after a deadlock (40P01) or a serialization failure (40001). The work
   * must then have no effect outside the database. 0 by default.
   */
  readonly retries?: number;
  /** Every statement sees the database as it was at the first one, whatever others commit meanwhile; writes are refused. */
  readonly snapshot?: boolean;
}

/**
 * Runs work in one database transaction. Repositories called inside take part in it by themselves
 * (AsyncLocalStorage); a `run` inside a `run` joins the outer one.
 *
 * Only services open transactions, and nothing but SQL may be awaited inside: a transaction holds a connection, and
 * with the embedded database it holds the only one.
 */
export abstract class TransactionRunner {
  /**
   * Resolves after the commit and after every `afterCommit` hook. Rejects with the work's own error, rolled back; also
   * where the work caught the error of a statement and went on, since PostgreSQL commits nothing after it.
   */
  abstract run<Result>(work: () => Promise<Result>, options?: TransactionOptions): Promise<Result>;

  /**
   * Runs `hook` as the last work of the surrounding transaction, in it: its rejection takes everything back. Outside a
   * transaction it runs at once.
   */
  abstract beforeCommit(hook: () => Promise<void>): Promise<void>;

  /**
   * Runs `hook` once the surrounding transaction has committed, before its `run` resolves; never after a rollback.
   * Outside a transaction it runs at once. The write stands whatever the hook does: an error is logged, not thrown.
   */
  abstract afterCommit(hook: () => Promise<void> | void): Promise<void>;
}
