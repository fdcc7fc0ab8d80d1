import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable, Logger } from '@nestjs/common';
import pg from 'pg';
import { type EntityManager, QueryRunnerAlreadyReleasedError, QueryRunnerProviderAlreadyReleasedError } from 'typeorm';
import { type DatabaseConnection, parseDatabaseUrl } from '#config';
import { isRetryable } from './database-errors.js';
import type { KeepsakeDataSource, StatementRunner } from './keepsake-data-source.js';
import { TransactionRunner, type TransactionOptions } from './transaction-runner.js';

interface OpenTransaction {
  readonly manager: EntityManager;
  readonly lastWork: (() => Promise<void>)[];
  readonly hooks: (() => Promise<void> | void)[];
  open: boolean;
}

/** Runs one statement and returns its rows. */
type Query = <Row>(sql: string, parameters?: unknown[]) => Promise<Row[]>;

/**
 * What TypeORM adapters reach the database through: the manager of the surrounding transaction, else of the pool.
 * Safe for concurrent use; the queries of one transaction run one after the other.
 */
@Injectable()
export class Database extends TransactionRunner {
  private readonly logger = new Logger(Database.name);
  private readonly current = new AsyncLocalStorage<OpenTransaction>();

  /** @param directUrl where sessions have an address of their own, past a pooler */
  constructor(
    readonly dataSource: KeepsakeDataSource,
    private readonly directUrl?: string,
  ) {
    super();
    dataSource.refuseSecondConnections(() => this.inTransaction);
  }

  /** The entity manager to use for this call chain. Take it again for every query; never keep it. */
  get manager(): EntityManager {
    const transaction = this.current.getStore();
    return transaction?.open === true ? transaction.manager : this.dataSource.manager;
  }

  /** The transaction that this call chain runs in: the same object for all of it. */
  get transaction(): object | undefined {
    const transaction = this.current.getStore();
    return transaction?.open === true ? transaction : undefined;
  }

  /** Whether this call chain runs inside a transaction. */
  get inTransaction(): boolean {
    return this.transaction !== undefined;
  }

  /** Runs one parameterised statement and returns its rows (of an UPDATE or DELETE: those of RETURNING). */
  async query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    const result: unknown = await this.manager.query(sql, [...parameters]);
    // TypeORM answers UPDATE and DELETE with [rows, affected], everything else with rows.
    const isPair =
      Array.isArray(result) && result.length === 2 && Array.isArray(result[0]) && typeof result[1] === 'number';
    return (isPair ? result[0] : result) as Row[];
  }

  async run<Result>(work: () => Promise<Result>, options: TransactionOptions = {}): Promise<Result> {
    if (this.inTransaction) return work();
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.runOnce(work, options.snapshot === true);
      } catch (error) {
        if (attempt >= (options.retries ?? 0) || !isRetryable(error)) throw error;
      }
    }
  }

  async beforeCommit(hook: () => Promise<void>): Promise<void> {
    const transaction = this.current.getStore();
    if (transaction?.open === true) transaction.lastWork.push(hook);
    else await hook();
  }

  async afterCommit(hook: () => Promise<void> | void): Promise<void> {
    const transaction = this.current.getStore();
    if (transaction?.open === true) transaction.hooks.push(hook);
    else await this.runHook(hook);
  }

  /**
   * Runs `work` on one connection of its own, whose settings and locks hold from one statement to the next; `work` resets
   * what it sets.
   */
  async session<Result>(work: (query: Query) => Promise<Result>): Promise<Result> {
    if (this.directUrl !== undefined) return onClient(parseDatabaseUrl(this.directUrl), work);
    const runner = this.dataSource.createQueryRunner();
    try {
      return await work((sql, parameters) => runner.query(sql, parameters));
    } finally {
      await runner.release();
    }
  }

  /** Runs `work` as if no transaction surrounded it: for background work that a request merely starts. */
  outside<Result>(work: () => Result): Result {
    return this.current.exit(work);
  }

  private async runOnce<Result>(work: () => Promise<Result>, isSnapshot: boolean): Promise<Result> {
    const hooks: OpenTransaction['hooks'] = [];
    const inside = (manager: EntityManager): Promise<Result> => {
      const own: OpenTransaction = { manager, lastWork: [], hooks, open: true };
      const runner = manager.queryRunner as StatementRunner;
      return this.current.run(own, async () => {
        try {
          if (isSnapshot) await manager.query('SET TRANSACTION READ ONLY');
          const done = await work();
          // After a failed statement nothing more would be taken.
          if (runner.failure === undefined) for (const hook of own.lastWork) await hook();
          // Work that went on after a failed statement must not be reported as committed.
          if (runner.failure !== undefined) throw runner.failure.error;
          return done;
        } finally {
          own.open = false;
        }
      });
    };
    const transaction = isSnapshot
      ? this.dataSource.transaction('REPEATABLE READ', inside)
      : this.dataSource.transaction(inside);
    const result = await transaction.catch((error: unknown) => {
      throw asLostConnection(error) ?? error;
    });
    for (const hook of hooks) await this.runHook(hook);
    return result;
  }

  private async runHook(hook: () => Promise<void> | void): Promise<void> {
    try {
      await this.outside(hook);
    } catch (error) {
      this.logger.error(
        'A hook after a commit failed; the write itself stands.',
        error instanceof Error ? error.stack : String(error),
      );
    }
  }
}

async function onClient<Result>(
  connection: DatabaseConnection,
  work: (query: Query) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ ...connection, keepAlive: true });
  // What breaks between two statements shows at the next one.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(async (sql, parameters) => (await client.query(sql, parameters)).rows);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * TypeORM gives the connection of a transaction back when it breaks between two statements, and then complains of the
 * next one as if the caller had kept it too long.
 */
function asLostConnection(error: unknown): Error | undefined {
  const isReleased =
    error instanceof QueryRunnerAlreadyReleasedError || error instanceof QueryRunnerProviderAlreadyReleasedError;
  return isReleased ? new Error('Connection terminated within a transaction', { cause: error }) : undefined;
}
