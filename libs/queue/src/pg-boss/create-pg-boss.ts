import PgBoss from 'pg-boss';
import { Logger } from '@nestjs/common';
import type { Database } from '#database';

/** What pg-boss writes around statements that belong together. */
const OWN_TRANSACTION = /^\s*BEGIN;([\s\S]*)COMMIT;\s*$/;

/**
 * Lets pg-boss speak over the connection of the product instead of a pool of its own: its statements take part in the
 * transaction that surrounds the call, and the embedded database, which has one session, sees one client.
 */
class DatabaseExecutor implements PgBoss.Db {
  constructor(private readonly database: Database) {}

  async executeSql(text: string, values: unknown[] = []): Promise<{ rows: unknown[] }> {
    const own = OWN_TRANSACTION.exec(text)?.[1];
    if (own === undefined) return { rows: await this.database.query(text, values) };
    // Sent as it is, a failure between BEGIN and COMMIT would leave the pooled connection inside a broken transaction.
    return { rows: await this.database.run(() => this.database.query(own)) };
  }
}

const DAY_SECONDS = 86_400;

/** How long finished jobs can be looked at. A schedule's period is shorter, so its last run is still there to be seen. */
const KEEP_COMPLETED_SECONDS = 7 * DAY_SECONDS;
const KEEP_FAILED_SECONDS = 30 * DAY_SECONDS;

/** The schema that the migrations make for it. */
const PG_BOSS_SCHEMA = 'pgboss';

/**
 * pg-boss as the keeper of the jobs' rows alone: no pool, timers, workers or schedules of its own. Its workers neither
 * abort a job nor wait for the statement that ends it, and its schedules know minutes, not seconds.
 */
export function createPgBoss(database: Database): PgBoss {
  const boss = new PgBoss({
    db: new DatabaseExecutor(database),
    schema: PG_BOSS_SCHEMA,
    migrate: false,
    supervise: false,
    schedule: false,
    archiveCompletedAfterSeconds: KEEP_COMPLETED_SECONDS,
    archiveFailedAfterSeconds: KEEP_FAILED_SECONDS,
    // What was archived was looked at long enough.
    deleteAfterSeconds: 1,
  });
  const logger = new Logger('jobs');
  // An event named error that nobody listens to would end the process.
  boss.on('error', (error) => logger.error(error.message, error.stack));
  return boss;
}
