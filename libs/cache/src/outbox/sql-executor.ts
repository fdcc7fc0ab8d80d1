/** What the outbox needs of the database: statements that take part in the caller's transaction, and its commit. */
export abstract class SqlExecutor {
  /** The transaction that the caller is in, the same object for all calls in it. */
  abstract readonly transaction: object | undefined;
  /** Runs one parameterised statement in the surrounding transaction, if there is one, and returns its rows. */
  abstract query<Row>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
  /** Runs `hook` in the surrounding transaction, after all other work of it; its rejection takes the transaction back. */
  abstract beforeCommit(hook: () => Promise<void>): Promise<void>;
  /** Runs `hook` after the surrounding transaction has committed and before its caller is answered; never after a rollback. */
  abstract afterCommit(hook: () => Promise<void> | void): Promise<void>;
}
