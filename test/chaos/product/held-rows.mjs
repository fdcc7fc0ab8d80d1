// @ts-check
import pg from 'pg';

/**
 * Rows of a workspace that are to be invalidated, locked as soon as they are committed: relays leave them out, as they do
 * with rows that another process has in hand and does not deliver.
 */
export class HeldRows {
  #sql;
  #workspaceId;

  /**
   * @param {pg.Client} sql in a transaction
   * @param {string} workspaceId
   */
  constructor(sql, workspaceId) {
    this.#sql = sql;
    this.#workspaceId = workspaceId;
  }

  /**
   * @param {string} databaseUrl
   * @param {string} workspaceId
   */
  static async begin(databaseUrl, workspaceId) {
    const sql = new pg.Client({ connectionString: databaseUrl });
    // A restart of the database releases them.
    sql.on('error', () => undefined);
    await sql.connect();
    await sql.query('BEGIN');
    return new HeldRows(sql, workspaceId);
  }

  /** @returns {Promise<boolean>} whether there are any: then they are locked */
  async look() {
    const found = `SELECT id FROM cache_invalidations WHERE position($1 in array_to_string(tags, ' ')) > 0
      FOR UPDATE SKIP LOCKED`;
    return (await this.#sql.query(found, [this.#workspaceId])).rows.length > 0;
  }

  /** Does nothing the second time. */
  async release() {
    await this.#sql.end().catch(() => undefined);
  }
}
