// @ts-check
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { ensureBuilt } from '../../bin/ensure-built.mjs';
import { TRUTH_TABLE } from './truth.mjs';

const execute = promisify(execFile);
const PRODUCT = fileURLToPath(new URL('../../bin/keepsake.mjs', import.meta.url));

/**
 * Gives an empty database the table of the truth and, for our own cache, the product's schema with its outbox, migrated
 * as an operator would do it.
 *
 * @param {string} url
 * @param {string} subject
 */
export async function prepareDatabase(url, subject) {
  if (subject === 'keepsake') {
    ensureBuilt();
    const env = { PATH: process.env['PATH'], DATABASE_URL: url };
    await execute(process.execPath, [PRODUCT, 'migrate'], { env, cwd: tmpdir() });
  }
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(TRUTH_TABLE);
  await client.end();
}
