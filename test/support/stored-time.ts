import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { Keepsake } from './keepsake.js';

const SCRIPT = join(import.meta.dirname, 'embedded-statement.mjs');

const AGE_SESSION = `
  UPDATE sessions SET created_at = created_at - make_interval(mins => $2),
    last_active_at = last_active_at - make_interval(mins => $2), expires_at = expires_at - make_interval(mins => $2)
  WHERE id = $1`;

/**
 * Makes a session look as if everything in it had happened so much earlier: what a test does instead of waiting for
 * hours. The server is stopped meanwhile and started again, so the times are those at rest, not those of any memory.
 *
 * @param databaseUrl absent: the embedded database of the server
 */
export async function ageSession(
  server: Keepsake,
  databaseUrl: string | undefined,
  id: string,
  minutes: number,
): Promise<void> {
  await server.stop();
  const changed =
    databaseUrl === undefined
      ? await inEmbedded(join(server.dataDir, 'postgres'), [id, minutes])
      : await inServer(databaseUrl, [id, minutes]);
  if (changed !== 1) throw new Error(`session ${id} was not aged: ${changed} rows changed`);
  await server.start();
}

async function inServer(url: string, parameters: readonly unknown[]): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(AGE_SESSION, [...parameters])).rowCount ?? 0;
  } finally {
    await client.end();
  }
}

/** In a process of its own: the embedded database can't be loaded inside jest. */
async function inEmbedded(folder: string, parameters: readonly unknown[]): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    SCRIPT,
    folder,
    AGE_SESSION,
    JSON.stringify(parameters),
  ]);
  return Number(stdout);
}
