import type { Keepsake } from './keepsake.js';
import { changeStored } from './stored-rows.js';

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
  const changed = await changeStored(server, databaseUrl, AGE_SESSION, [id, minutes]);
  if (changed !== 1) throw new Error(`session ${id} was not aged: ${changed} rows changed`);
  await server.start();
}
