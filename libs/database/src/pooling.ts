import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { DatabaseConnection } from '#config';

/**
 * What stands between this process and PostgreSQL. `session`: a pooler that gives each client a server connection of its
 * own. `transaction`: one that gives it another for each transaction, so that settings, locks and notifications of a
 * session are lost.
 */
type Pooling = 'none' | 'session' | 'transaction';

/** A pooler that keeps no session stands where a session is needed. */
export class PoolerError extends Error {
  constructor(variable: string) {
    super(
      `${variable} leads through a pooler in transaction mode, which keeps no session: set DATABASE_DIRECT_URL to the address of PostgreSQL itself (notifications, migrations and the making of indexes use it), or give Keepsake a pool in session mode.`,
    );
    this.name = 'PoolerError';
  }
}

const SETTING = 'keepsake.probe';
const ROUNDS = 5;

/**
 * Found by trying. A pooler makes up the number of the server process that it gives clients at their start. One in
 * transaction mode lets one client see what another has set, or forgets what this one has set while another's
 * transaction keeps the connection.
 *
 * @param timeoutMs of each connection
 * @throws where the database can't be reached
 */
export async function findPooling(connection: DatabaseConnection, timeoutMs: number): Promise<Pooling> {
  const first = await connect(connection, timeoutMs);
  try {
    const { rows } = await first.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    if (rows[0]?.pid === (first as { processID?: number }).processID) return 'none';
    return (await isShared(first, connection, timeoutMs)) ? 'transaction' : 'session';
  } finally {
    await first.end().catch(() => undefined);
  }
}

async function isShared(first: pg.Client, connection: DatabaseConnection, timeoutMs: number): Promise<boolean> {
  // A pool of one session has no second connection: it is no pool in transaction mode.
  const second = await connect(connection, timeoutMs).catch(() => undefined);
  if (second === undefined) return false;
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const mark = randomUUID();
      await first.query(`SET ${SETTING} = '${mark}'`);
      await second.query('BEGIN');
      if ((await probe(second)) === mark || (await probe(first)) !== mark) return true;
      await second.query('ROLLBACK');
    }
    return false;
  } finally {
    await second.end().catch(() => undefined);
  }
}

async function connect(connection: DatabaseConnection, timeoutMs: number): Promise<pg.Client> {
  const client = new pg.Client({
    ...connection,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  });
  // What breaks while nobody waits shows at the next query.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function probe(client: pg.Client): Promise<string | undefined> {
  const { rows } = await client.query<{ value: string }>(`SELECT current_setting('${SETTING}', true) AS value`);
  return rows[0]?.value;
}
