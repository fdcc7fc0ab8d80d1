import { Logger } from '@nestjs/common';
import pg from 'pg';
import { parseDatabaseUrl } from '#config';
import { messageOf } from '#kernel';
import type { SqlExecutor } from './sql-executor.js';

const CHANNEL = 'cache_invalidations';
const RETRY_MS = 1_000;
const QUERY_TIMEOUT_MS = 2_000;

/**
 * The relay's own connection to PostgreSQL: writers in need call the relays of other processes over it (NOTIFY), and
 * the watch asks over it, so that a busy pool does not make the relay blind.
 */
export class PgNotifyChannel {
  private readonly logger = new Logger('Cache');
  private client: pg.Client | undefined;
  private isListening = false;
  private closed = false;
  private timer: NodeJS.Timeout | undefined;
  /** A connection runs one statement at a time, and the driver is not asked to queue them. */
  private last: Promise<unknown> = Promise.resolve();

  /** @param databaseUrl of an outside PostgreSQL, with no pooler in between that shares sessions; the embedded one has one connection and no notifications. */
  constructor(private readonly databaseUrl: string) {}

  async notify(sql: SqlExecutor): Promise<void> {
    await sql.query('SELECT pg_notify($1, $2)', [CHANNEL, '']);
  }

  /** Runs a statement on the connection, after those asked for before; undefined where it is not there then. */
  query<Row extends object>(sql: string, parameters: readonly unknown[]): Promise<Row[] | undefined> {
    const rows = this.last.then(() => this.run<Row>(sql, parameters));
    this.last = rows;
    return rows;
  }

  private async run<Row extends object>(sql: string, parameters: readonly unknown[]): Promise<Row[] | undefined> {
    const { client } = this;
    if (client === undefined || !this.isListening) return undefined;
    try {
      return (await client.query<Row>(sql, [...parameters])).rows;
    } catch (error) {
      this.lost(client, messageOf(error));
      return undefined;
    }
  }

  /** Listens until closed, connecting again when the connection is lost. */
  listen(listener: () => void): void {
    if (this.closed) return;
    const client = new pg.Client({
      ...parseDatabaseUrl(this.databaseUrl),
      application_name: 'keepsake cache relay',
      keepAlive: true,
      connectionTimeoutMillis: QUERY_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
    });
    this.client = client;
    this.again = () => this.listen(listener);
    client.on('error', (error) => this.lost(client, error.message));
    client.on('end', () => this.lost(client, 'the connection ended'));
    client.on('notification', listener);
    this.open(client, listener).catch((error: unknown) => this.lost(client, messageOf(error)));
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    const { client } = this;
    this.client = undefined;
    await client?.end().catch(() => undefined);
  }

  private again: () => void = () => undefined;

  private async open(client: pg.Client, listener: () => void): Promise<void> {
    await client.connect();
    await client.query(`LISTEN ${CHANNEL}`);
    if (this.client !== client) return;
    this.isListening = true;
    listener();
  }

  private lost(client: pg.Client, reason: string): void {
    if (this.closed || this.client !== client) return;
    this.client = undefined;
    this.isListening = false;
    client.end().catch(() => undefined);
    this.logger.warn(`The relay lost its connection (${reason}); it uses the pool and polls meanwhile.`);
    this.timer = setTimeout(this.again, RETRY_MS);
    this.timer.unref();
  }
}

/** Asks for the relay: over its own connection where it is there, else over the pool. */
export async function queryForRelay<Row extends object>(
  calls: PgNotifyChannel | undefined,
  sql: SqlExecutor,
  statement: string,
  parameters: readonly unknown[] = [],
): Promise<Row[]> {
  return (await calls?.query<Row>(statement, parameters)) ?? sql.query<Row>(statement, parameters);
}
