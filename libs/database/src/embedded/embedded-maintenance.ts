import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { messageOf } from '#kernel';
import type { Database } from '../database.js';

const EVERY_MS = 3_000;

/** PostgreSQL's own thresholds for its autovacuum (autovacuum_*_threshold and *_scale_factor). */
const TABLES_DUE = `
  SELECT format('%I.%I', schemaname, relname) AS name,
    n_dead_tup > 50 + 0.2 * n_live_tup AS vacuum
  FROM pg_stat_user_tables
  WHERE n_dead_tup > 50 + 0.2 * n_live_tup OR n_mod_since_analyze > 50 + 0.1 * n_live_tup
  ORDER BY 1`;

/**
 * What autovacuum does on a server: the embedded database has no background processes. Without statistics the planner
 * takes every index that leads with the workspace for equally good; without VACUUM the files only grow.
 */
@Injectable()
export class EmbeddedMaintenance implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(EmbeddedMaintenance.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(private readonly database: Database) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.running ??= this.run().finally(() => (this.running = undefined));
    }, EVERY_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  /** Each table that is due, one after the other, so that requests get in between. Never rejects. */
  async run(): Promise<void> {
    try {
      const due = await this.database.query<{ name: string; vacuum: boolean }>(TABLES_DUE);
      for (const { name, vacuum } of due)
        await this.database.query(`${vacuum ? 'VACUUM (ANALYZE)' : 'ANALYZE'} ${name}`);
    } catch (error) {
      this.logger.warn(`The maintenance of the embedded database failed: ${messageOf(error)}`);
    }
  }
}
