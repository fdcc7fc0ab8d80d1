// @ts-check
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { cpuMsOf, descendantsOf, residentBytesOf } from '#test/setup/services/process-table.mjs';
import { startPostgres } from '#test/setup/services/postgres.mjs';
import { startRedis } from '#test/setup/services/redis.mjs';
import { startProductProcess } from '#test/support/product-process.mjs';
import { CommandMonitor } from './command-monitor.mjs';

const SERVERS = 2;
/** What goes wrong is said. */
const LOGS = /** @type {const} */ ({ stderr: 'inherit' });
/** What processes ask by the clock, and what this asks itself. */
const TIMERS =
  'pg_stat_statements|FROM cache_erasures|cache_primaries|process_reports|cache_family_settings|pgboss|FROM cache_invalidations WHERE';
/** How long the processes are left alone to see what they do by the clock. */
const IDLE_MS = 4_000;
const MEBIBYTE = 1024 * 1024;

/**
 * What an installation has used up so far: processor times in milliseconds.
 *
 * @typedef {{ statements: number, commands: number, serverMs: number, workerMs: number, postgresMs: number, redisMs: number,
 *   memoryMib: number[], outboxRows: number }} Usage
 */

/** Two servers and a worker over a PostgreSQL and a Redis of their own, as a user runs them. */
export class Installation {
  urls;
  redis;
  operatorKey;
  #servers;
  #worker;
  #postgres;
  #sql;
  /** @type {CommandMonitor | undefined} */
  #monitor;

  /**
   * @param {object} parts
   * @param {Awaited<ReturnType<typeof startProductProcess>>[]} parts.servers
   * @param {Awaited<ReturnType<typeof startProductProcess>>} parts.worker
   * @param {import('#test/setup/services/postgres.mjs').PostgresServer} parts.postgres
   * @param {import('#test/setup/services/redis.mjs').RedisServer} parts.redis
   * @param {pg.Client} parts.sql
   * @param {string} parts.operatorKey
   */
  constructor({ servers, worker, postgres, redis, sql, operatorKey }) {
    this.urls = servers.map(({ url }) => url);
    this.redis = redis;
    this.operatorKey = operatorKey;
    this.#servers = servers;
    this.#worker = worker;
    this.#postgres = postgres;
    this.#sql = sql;
  }

  /** @param {Readonly<Record<string, string>>} env of the processes, besides what they need */
  static async start(env) {
    const [postgres, redis] = await Promise.all([
      startPostgres({ settings: { shared_preload_libraries: 'pg_stat_statements', 'pg_stat_statements.max': 20_000 } }),
      startRedis(),
    ]);
    const operatorKey = `ks_load_${randomBytes(24).toString('hex')}`;
    const settings = {
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      KEEPSAKE_BOOTSTRAP_KEY: operatorKey,
      NODE_ENV: 'production',
      LOG_LEVEL: 'info',
      LOG_FORMAT: 'json',
      EMBEDDING_PROVIDER: 'local',
      RATE_LIMIT_READS_PER_MINUTE: '1000000',
      RATE_LIMIT_WRITES_PER_MINUTE: '1000000',
      WORKER_ENABLED: 'false',
      ...env,
    };
    const [first] = [await startProductProcess('serve', settings, LOGS)];
    const rest = [];
    for (let n = 1; n < SERVERS; n++) rest.push(await startProductProcess('serve', settings, LOGS));
    const worker = await startProductProcess('worker', { ...settings, WORKER_ENABLED: 'true' }, LOGS);
    const sql = new pg.Client({ connectionString: postgres.url });
    sql.on('error', () => undefined);
    await sql.connect();
    await sql.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
    return new Installation({ servers: [first, ...rest], worker, postgres, redis, sql, operatorKey });
  }

  /** @returns {Promise<Usage>} */
  async usage() {
    const statements = await this.#sql.query('SELECT coalesce(sum(calls), 0) AS n FROM pg_stat_statements');
    const outbox = await this.#sql.query('SELECT count(*) AS n FROM cache_invalidations');
    const info = await this.redis.command('INFO').then(String, () => '');
    const field = (/** @type {string} */ name) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1] ?? 0);
    const servers = this.#servers.map(({ pid }) => pid);
    const { pid: postmaster = 0 } = this.#postgres;
    const postgres = [postmaster, ...descendantsOf(postmaster)];
    return {
      statements: Number(statements.rows[0].n),
      commands: field('total_commands_processed'),
      redisMs: 1_000 * (field('used_cpu_user') + field('used_cpu_sys')),
      serverMs: sum(servers.map(cpuMsOf)),
      workerMs: cpuMsOf(this.#worker.pid),
      postgresMs: sum(postgres.map(cpuMsOf)),
      memoryMib: servers.map((pid) => Math.round(residentBytesOf(pid) / MEBIBYTE)),
      outboxRows: Number(outbox.rows[0].n),
    };
  }

  /** The statements that were executed most since the last call, and how often. @param {number} most */
  async topStatements(most) {
    const { rows } = await this.#sql.query(
      'SELECT calls::int, total_exec_time::int AS ms, left(regexp_replace(query, $2, $3, $4), 160) AS query FROM pg_stat_statements ORDER BY calls DESC LIMIT $1',
      [most, String.raw`\s+`, ' ', 'g'],
    );
    return rows;
  }

  /**
   * Statements so far that are no timer's, and the commands that the processes have sent to Redis; what a script does there is
   * part of its one command.
   *
   * @returns {Promise<{ statements: number, commands: number, atMs: number }>}
   */
  async work() {
    const { rows } = await this.#sql.query(
      'SELECT coalesce(sum(calls), 0) AS n FROM pg_stat_statements WHERE query !~ $1',
      [TIMERS],
    );
    this.#monitor ??= await CommandMonitor.start(this.redis.url);
    const commands = await this.#monitor.count();
    return { statements: Number(rows[0].n), commands, atMs: performance.now() };
  }

  /** What is sent by the clock: statements that `work` counts, and commands, per millisecond of a time without requests. */
  async idleWork() {
    const from = await this.work();
    await pause(IDLE_MS);
    const to = await this.work();
    const each = (/** @type {'statements' | 'commands'} */ what) => (to[what] - from[what]) / (to.atMs - from.atMs);
    return { statements: each('statements'), commands: each('commands') };
  }

  /** Rows of the outbox that were written, and transactions that were committed. */
  async outboxRows() {
    const { rows } = await this.#sql.query(
      `SELECT coalesce(sum(calls) FILTER (WHERE query LIKE 'INSERT INTO cache_invalidations%'), 0)::int AS rows,
         coalesce(sum(calls) FILTER (WHERE query LIKE 'COMMIT%'), 0)::int AS commits FROM pg_stat_statements`,
    );
    return { rows: rows[0].rows, commits: rows[0].commits };
  }

  /** The commands that Redis was sent since `work` was first called, by name, most first. */
  topCommands() {
    const counts = [...(this.#monitor?.byName ?? [])].toSorted(([, a], [, b]) => b - a);
    return counts.map(([command, calls]) => ({ command, calls }));
  }

  async resetStatements() {
    await this.#sql.query('SELECT pg_stat_statements_reset()');
  }

  async remove() {
    await Promise.all([...this.#servers, this.#worker].map((each) => each.remove()));
    await this.#sql.end().catch(() => undefined);
    await this.#monitor?.stop();
    await Promise.all([this.#postgres.remove(), this.redis.remove()]);
  }
}

/** @param {readonly number[]} all */
function sum(all) {
  return all.reduce((total, each) => total + each, 0);
}
