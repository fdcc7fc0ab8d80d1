import { Logger } from '@nestjs/common';
import PgBoss from 'pg-boss';
import type { Database } from '#database';
import { DatabaseExecutor } from './database-executor.js';

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
