import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { Keepsake } from './keepsake.js';

const SCRIPT = join(import.meta.dirname, 'embedded-statement.mjs');

/**
 * Changes what a stopped server has stored: what a test does instead of waiting for hours, or for an older release.
 *
 * @param databaseUrl absent: the embedded database of the server
 * @returns how many rows the statement changed
 */
export async function changeStored(
  server: Keepsake,
  databaseUrl: string | undefined,
  statement: string,
  parameters: readonly unknown[] = [],
): Promise<number> {
  return databaseUrl === undefined
    ? inEmbedded(join(server.dataDir, 'postgres'), statement, parameters)
    : inServer(databaseUrl, statement, parameters);
}

async function inServer(url: string, statement: string, parameters: readonly unknown[]): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement, [...parameters])).rowCount ?? 0;
  } finally {
    await client.end();
  }
}

/** In a process of its own: the embedded database can't be loaded inside jest. */
async function inEmbedded(folder: string, statement: string, parameters: readonly unknown[]): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    SCRIPT,
    folder,
    statement,
    JSON.stringify(parameters),
  ]);
  return Number(stdout);
}
