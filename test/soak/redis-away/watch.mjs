// @ts-check
import pg from 'pg';
import { residentBytesOf } from '#test/setup/services/process-table.mjs';

const MEBIBYTE = 1024 * 1024;

/** What the database and the processes do, looked at from outside over a connection of its own. */
export class Watch {
  /** @param {pg.Client} client @param {readonly number[]} pids */
  constructor(client, pids) {
    this.client = client;
    this.pids = pids;
    this.#last = { statements: 0, atMs: performance.now() };
  }

  #last;

  /** @param {string} url of a server that loads pg_stat_statements @param {readonly number[]} pids */
  static async on(url, pids) {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
    const watch = new Watch(client, pids);
    await watch.look();
    return watch;
  }

  /** Rows that wait for their delivery. */
  async outboxRows() {
    return Number((await this.client.query('SELECT count(*) AS n FROM cache_invalidations')).rows[0].n);
  }

  /** Since the last look: statements a second of all clients; and now: rows, and the memory of each process. */
  async look() {
    const { rows } = await this.client.query('SELECT coalesce(sum(calls), 0) AS n FROM pg_stat_statements');
    const now = { statements: Number(rows[0].n), atMs: performance.now() };
    const perSecond = (now.statements - this.#last.statements) / ((now.atMs - this.#last.atMs) / 1_000);
    this.#last = now;
    return {
      statementsPerSecond: perSecond,
      outboxRows: await this.outboxRows(),
      rssMiB: this.pids.map((pid) => residentBytesOf(pid) / MEBIBYTE),
    };
  }

  async end() {
    await this.client.end();
  }
}
