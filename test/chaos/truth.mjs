// @ts-check
import pg from 'pg';
import { reach } from './pause-points.mjs';

/**
 * The source of truth as an actor sees it: one row for each key, with the version of its last write.
 *
 * @typedef {object} Row
 * @property {string} key
 * @property {number} version
 */

export const TRUTH_TABLE = 'CREATE TABLE chaos_truth (key text PRIMARY KEY, version bigint NOT NULL)';

export class Truth {
  /** @type {pg.Pool} */
  #pool;

  /** @param {string} databaseUrl */
  constructor(databaseUrl) {
    this.#pool = new pg.Pool({ connectionString: databaseUrl, max: 8, connectionTimeoutMillis: 5_000 });
    this.#pool.on('error', () => undefined);
  }

  /**
   * @param {string} key
   * @returns {Promise<Row | null>} null where the key was never written
   */
  async load(key) {
    const [row] = await this.loadMany([key]);
    return row ?? null;
  }

  /**
   * @param {readonly string[]} keys
   * @returns {Promise<(Row | null)[]>} in the order of the keys
   */
  async loadMany(keys) {
    await reach('before-load');
    const rows = await this.versions(keys);
    await reach('after-load');
    return keys.map((key) => rows.get(key) ?? null);
  }

  /**
   * Reads without being held: for the verdict, not for a subject.
   *
   * @param {readonly string[]} keys
   * @returns {Promise<Map<string, Row>>}
   */
  async versions(keys) {
    const { rows } = await this.#pool.query('SELECT key, version FROM chaos_truth WHERE key = ANY($1)', [keys]);
    return new Map(rows.map(({ key, version }) => [key, { key, version: Number(version) }]));
  }

  /**
   * Raises the version of every key in one transaction.
   *
   * @param {readonly string[]} keys
   * @returns {Promise<Row[]>} resolves after the commit
   */
  async write(keys) {
    const client = await this.#pool.connect();
    try {
      await client.query('BEGIN');
      const rows = await writeRows((sql, parameters) => client.query(sql, parameters), keys);
      await reach('before-commit');
      await client.query('COMMIT');
      client.release();
      await reach('after-commit');
      return rows;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  async close() {
    await this.#pool.end();
  }
}

/**
 * The statements of a write, in the transaction of whoever runs them. Keys are locked in one order: no deadlocks.
 *
 * @param {(sql: string, parameters: unknown[]) => Promise<{ rows: any[] }>} query
 * @param {readonly string[]} keys
 * @returns {Promise<Row[]>}
 */
export async function writeRows(query, keys) {
  const written = [];
  for (const key of [...keys].sort()) {
    const { rows } = await query(
      `INSERT INTO chaos_truth (key, version) VALUES ($1, 1)
       ON CONFLICT (key) DO UPDATE SET version = chaos_truth.version + 1 RETURNING version`,
      [key],
    );
    written.push({ key, version: Number(rows[0].version) });
  }
  return written;
}
