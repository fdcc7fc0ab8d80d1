import type { Socket } from 'node:net';
import { DataSource, type DataSourceOptions, type QueryRunner, type ReplicationMode } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { PostgresQueryRunner } from 'typeorm/driver/postgres/PostgresQueryRunner.js';
import { measured, type SpanAttributes } from '#observability';

/**
 * A data source of TypeORM for PostgreSQL. Every statement counts as time on the database of the request that it is sent
 * for, the wait for a connection included.
 */
export class KeepsakeDataSource extends DataSource {
  private isInTransaction: () => boolean = () => false;

  /**
   * @param longestStatementMs how long PostgreSQL works on a statement before it cancels it; a server that has answered
   *   neither by then is lost. Absent: any answer is waited for
   */
  constructor(
    options: DataSourceOptions,
    private readonly longestStatementMs?: number,
  ) {
    super(options);
  }

  /**
   * A query on a second connection inside a transaction waits for that transaction's own connection: for ever on the
   * embedded database, until the pool is free on a busy server. So it is refused at once, on both.
   *
   * @param isInTransaction whether the present call chain is in one
   */
  refuseSecondConnections(isInTransaction: () => boolean): void {
    this.isInTransaction = isInTransaction;
  }

  override createQueryRunner(mode: ReplicationMode = 'master'): QueryRunner {
    if (this.isInTransaction())
      throw new Error(
        'A query was sent beside the running transaction. Use the manager of Database, which takes part in it, or Database.outside() for background work.',
      );
    const runner = new StatementRunner(this.driver as PostgresDriver, mode, this.longestStatementMs);
    return Object.assign(runner, { manager: this.createEntityManager(runner) });
  }
}

/** Sends the statements of one connection. */
export class StatementRunner extends PostgresQueryRunner {
  /** The first statement that failed. PostgreSQL takes nothing more in its transaction, and answers COMMIT by rolling back. */
  failure: { readonly error: unknown } | undefined;
  /** Set where a statement has changed how long the next ones may take. */
  private hasOwnTimeout = false;

  constructor(
    driver: PostgresDriver,
    mode: ReplicationMode,
    private readonly longestStatementMs: number | undefined,
  ) {
    super(driver, mode);
  }

  override async query(
    ...statement: Parameters<PostgresQueryRunner['query']>
  ): ReturnType<PostgresQueryRunner['query']> {
    if (statement[0].includes('statement_timeout')) this.hasOwnTimeout = true;
    try {
      return await measured(
        'database',
        'database.statement',
        () => this.answered(() => super.query(...statement)),
        () => statementAttributes(statement[0]),
      );
    } catch (error) {
      this.failure ??= { error };
      throw error;
    }
  }

  /**
   * Closes the connection where no answer comes: the caller gets an error, and the pool a place, long before the operating
   * system gives up a peer that has vanished.
   */
  private async answered<Answer>(query: () => Promise<Answer>): Promise<Answer> {
    if (this.longestStatementMs === undefined || this.hasOwnTimeout) return query();
    const client = (await this.connect()) as { readonly connection: { readonly stream: Socket } };
    const timer = setTimeout(() => client.connection.stream.destroy(), this.longestStatementMs + ANSWER_TRAVEL_MS);
    try {
      return await query();
    } finally {
      clearTimeout(timer);
    }
  }
}

/** For the way of a statement and of its answer, on a busy network and through a busy process. */
const ANSWER_TRAVEL_MS = 5_000;

const MAX_REPORTED_SQL = 2_000;

/** The names of OpenTelemetry's conventions for databases. Values are parameters, which are left out: they are content. */
function statementAttributes(sql: string): SpanAttributes {
  return {
    'db.system.name': 'postgresql',
    'db.operation.name': /^\s*([A-Za-z]+)/.exec(sql)?.[1]?.toUpperCase() ?? '',
    'db.query.text': sql.slice(0, MAX_REPORTED_SQL),
  };
}
