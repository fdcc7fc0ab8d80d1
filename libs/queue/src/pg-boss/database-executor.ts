import type PgBoss from 'pg-boss';
import type { Database } from '#database';

/** What pg-boss writes around statements that belong together. */
const OWN_TRANSACTION = /^\s*BEGIN;([\s\S]*)COMMIT;\s*$/;

/**
 * Lets pg-boss speak over the connection of the product instead of a pool of its own: its statements take part in the
 * transaction that surrounds the call, and the embedded database, which has one session, sees one client.
 */
export class DatabaseExecutor implements PgBoss.Db {
  constructor(private readonly database: Database) {}

  async executeSql(text: string, values: unknown[] = []): Promise<{ rows: unknown[] }> {
    const own = OWN_TRANSACTION.exec(text)?.[1];
    if (own === undefined) return { rows: await this.database.query(text, values) };
    // Sent as it is, a failure between BEGIN and COMMIT would leave the pooled connection inside a broken transaction.
    return { rows: await this.database.run(() => this.database.query(own)) };
  }
}
