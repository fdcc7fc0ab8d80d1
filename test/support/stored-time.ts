import type { Keepsake } from './keepsake.js';
import { changeStored } from './stored-rows.js';

const AGE_SESSIONS = `
  UPDATE sessions SET created_at = created_at - age, last_active_at = last_active_at - age, expires_at = expires_at - age
  FROM (SELECT key::uuid AS session, make_interval(mins => value::int) AS age FROM json_each_text($1::json)) AS aged
  WHERE id = aged.session`;

/**
 * Makes sessions look as if everything in them had happened so much earlier: what a test does instead of waiting for
 * hours. The server is stopped meanwhile and started again, so the times are those at rest, not those of any memory.
 *
 * @param databaseUrl absent: the embedded database of the server
 * @param minutes by the id of the session
 */
export async function ageSessions(
  server: Keepsake,
  databaseUrl: string | undefined,
  minutes: Readonly<Record<string, number>>,
): Promise<void> {
  await server.stop();
  const changed = await changeStored(server, databaseUrl, AGE_SESSIONS, [minutes]);
  if (changed !== Object.keys(minutes).length) throw new Error(`${changed} sessions were aged`);
  await server.start();
}
