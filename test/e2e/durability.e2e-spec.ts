import pg from 'pg';
import { api } from '#test/support/api.js';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';

const PROJECT = 'durable';

async function queryOnce(url: string, statement: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Writes as fast as the server answers, from `writers` clients, and notes what was acknowledged. */
class Writers {
  readonly acknowledged = new Map<string, { version: number; content: string }>();
  private stopped = false;
  private readonly running: Promise<void>[];

  constructor(server: Keepsake, writers: number) {
    this.running = Array.from({ length: writers }, (_, writer) => this.write(server, writer));
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.running);
  }

  private async write(server: Keepsake, writer: number): Promise<void> {
    const client = api(server.url, server.key);
    for (let count = 0; !this.stopped; count++) {
      const label = `writer-${writer}/${count}`;
      const content = `Text ${count} of writer ${writer}, with ❌ and \u{1F9E0} in it.`;
      try {
        const { status, body } = await client.post('/v1/contexts', { project: PROJECT, label, content });
        if (status === 201) this.acknowledged.set(body.id, { version: body.version, content });
      } catch {
        // The server was killed under this request: nobody knows what became of it, and nobody was informed.
        this.stopped = true;
      }
    }
  }
}

describe.each([
  ['PostgreSQL', true],
  ['the embedded database', false],
])('on %s', (_, outside) => {
  let database: TestDatabase | undefined;
  let server: Keepsake;

  beforeAll(async () => {
    database = outside ? await createTestDatabase() : undefined;
    server = await startKeepsake({ env: { DATABASE_URL: database?.url, LOG_LEVEL: 'warn' } });
  }, 120_000);

  afterAll(async () => {
    await server.remove();
    await database?.drop();
  });

  it('every acknowledged write is there after kill -9 in the middle of writes', async () => {
    const acknowledged = new Map<string, { version: number; content: string }>();
    for (let round = 0; round < 3; round++) {
      const writers = new Writers(server, 4);
      await eventually(() => writers.acknowledged.size >= 25, { timeoutMs: 30_000, what: '25 acknowledged writes' });
      await server.kill();
      await writers.stop();
      for (const [id, write] of writers.acknowledged) acknowledged.set(id, write);
      await server.start();
      for (const [id, { version, content }] of acknowledged) {
        const { status, body } = await server.api.get(`/v1/contexts/${id}`);
        expect({ status, version: body.version, content: body.content }).toEqual({ status: 200, version, content });
      }
    }
    const { body } = await server.api.get('/v1/search', { query: { project: PROJECT, q: 'text of writer', limit: 1 } });
    expect(body.items).toHaveLength(1);
  }, 120_000);

  it('T34 a retry with the same Idempotency-Key after a crash creates one row', async () => {
    const request = { project: PROJECT, label: 'once', content: 'Only one version of this.' };
    const headers = { 'idempotency-key': 'crash-1' };
    const lost = server.api.post('/v1/contexts', request, { headers }).catch(() => undefined);
    await server.kill();
    await lost;
    await server.start();
    const retry = async () => server.api.post('/v1/contexts', request, { headers });
    // The claim fell with the process that held it: nobody is informed that it is still running.
    const first = await retry();
    expect([200, 201]).toContain(first.status);
    const again = await Promise.all([retry(), retry(), retry()]);
    for (const { status } of again) expect(status === 409 || status === first.status).toBe(true);
    const { body } = await server.api.get('/v1/contexts', { query: { project: PROJECT } });
    expect(body.items.filter((item: { label: string }) => item.label === 'once')).toHaveLength(1);
  }, 120_000);

  it('T34 concurrent requests with one Idempotency-Key create one row and agree on the answer', async () => {
    const request = { project: PROJECT, kind: 'note' };
    const send = () =>
      server.api.post(
        '/v1/sessions',
        { project: PROJECT, client: 'twice', metadata: request },
        { headers: { 'idempotency-key': 'race-1' } },
      );
    const answers = await Promise.all(Array.from({ length: 10 }, send));
    const made = answers.filter(({ status }) => status === 201).map(({ body }) => body.id);
    expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true);
    expect(new Set(made).size).toBe(1);
    const replay = await send();
    expect(replay.body.id).toBe(made[0]);
    expect(replay.headers.get('idempotency-replayed')).toBe('true');
    const { body } = await server.api.get('/v1/sessions', { query: { project: PROJECT, limit: 100 } });
    expect(body.items.filter((item: { client: string }) => item.client === 'twice')).toHaveLength(1);
  });
});

describe('two processes over one PostgreSQL', () => {
  let database: TestDatabase;
  let servers: Keepsake[];

  beforeAll(async () => {
    database = await createTestDatabase();
    const key = `ks_shared_${'k'.repeat(40)}`;
    const env = { DATABASE_URL: database.url, KEEPSAKE_BOOTSTRAP_KEY: key };
    servers = await Promise.all([startKeepsake({ env }), startKeepsake({ env })]);
  }, 120_000);

  afterAll(async () => {
    await Promise.all(servers.map((server) => server.remove()));
    await database.drop();
  });

  it('T19 T43 fifty parallel stores of one label make fifty consecutive versions', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        servers[index % 2]!.api.post('/v1/contexts', {
          project: PROJECT,
          label: 'contended',
          content: `Text number ${index}.`,
        }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(201));
    const versions = answers.map(({ body }) => body.version as number).sort((a, b) => a - b);
    expect(versions).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    const latest = await servers[0]!.api.get(`/v1/projects/${PROJECT}/contexts/contended`);
    expect(latest.body.version).toBe(50);
  });

  it('T43 fifty parallel writes from one client make fifty rows', async () => {
    const { body: session } = await servers[0]!.api.post('/v1/sessions', { project: PROJECT, client: 'busy' });
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        servers[index % 2]!.api.post(`/v1/sessions/${session.id}/entries`, { kind: 'progress', text: `Step ${index}` }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(201));
    const { body } = await servers[1]!.api.get(`/v1/sessions/${session.id}/entries`, { query: { limit: 100 } });
    expect(new Set(body.items.map((entry: { text: string }) => entry.text)).size).toBe(50);
  });

  it('T34 the claim of an Idempotency-Key falls with the process that held it: a retry elsewhere does the work at once', async () => {
    const [one, other] = servers as [Keepsake, Keepsake];
    const request = { project: PROJECT, label: 'claimed', content: 'Only one version of this.' };
    const headers = { 'idempotency-key': 'crash-2' };
    const blocker = new pg.Client({ connectionString: database.url });
    await blocker.connect();
    try {
      await blocker.query('BEGIN; LOCK TABLE contexts IN EXCLUSIVE MODE');
      const lost = one.api.post('/v1/contexts', request, { headers }).catch(() => undefined);
      const waiting = `SELECT 1 FROM pg_locks WHERE relation = 'contexts'::regclass AND NOT granted`;
      const isWaiting = async () => (await blocker.query(waiting)).rows.length > 0;
      await eventually(isWaiting, { timeoutMs: 30_000, what: 'the request to hold its key' });
      expect((await other.api.post('/v1/contexts', request, { headers })).status).toBe(409);
      await one.kill();
      await lost;
      await blocker.query('ROLLBACK');
    } finally {
      await blocker.end();
    }
    // PostgreSQL sees that the process is gone when the statement that it waits for is over.
    const answer = await eventually(
      async () => {
        const retried = await other.api.post('/v1/contexts', request, { headers });
        return retried.status === 409 ? undefined : retried;
      },
      { timeoutMs: 5_000, what: 'the claim of the killed process to fall' },
    );
    expect([answer.status, answer.body.version]).toEqual([201, 1]);
    await one.start();
    expect((await one.api.post('/v1/contexts', request, { headers })).headers.get('idempotency-replayed')).toBe('true');
  }, 120_000);

  it('T34 a replay does not return the text of a deleted project, nor of anything else that is deleted', async () => {
    const [one, other] = servers as [Keepsake, Keepsake];
    const post = (server: Keepsake, path: string, body: object, key: string) =>
      server.api.post(path, body, { headers: { 'idempotency-key': key } });
    const kept = await post(one, '/v1/contexts', { project: 'stays', label: 'l', content: 'Stays.' }, 'stays');
    const session = await post(one, '/v1/sessions', { project: 'goes', client: 'c' }, 'session');
    const gone = {
      context: await post(one, '/v1/contexts', { project: 'goes', label: 'l', content: 'Secret.' }, 'context'),
      entry: await post(one, `/v1/sessions/${session.body.id}/entries`, { kind: 'todo', text: 'Secret.' }, 'entry'),
      batch: await post(
        one,
        '/v1/contexts/batch',
        { project: 'goes', items: [{ label: 'b', content: 'Secret.' }] },
        'batch',
      ),
      end: await post(one, `/v1/sessions/${session.body.id}/end`, { summary: 'Secret.' }, 'end'),
    };
    for (const { status } of Object.values(gone)) expect(status).toBeLessThan(300);
    expect((await one.api.del('/v1/projects/goes', { query: { confirm: 'goes' } })).status).toBeLessThan(300);
    const { rows } = await queryOnce(
      database.url,
      "SELECT key FROM idempotency_keys WHERE key IN ('stays', 'session', 'context', 'entry', 'batch', 'end')",
    );
    expect(rows).toEqual([{ key: 'stays' }]);
    const again = await post(other, `/v1/sessions/${session.body.id}/end`, { summary: 'Secret.' }, 'end');
    expect(again.status).toBe(404);
    const replay = await post(other, '/v1/contexts', { project: 'stays', label: 'l', content: 'Stays.' }, 'stays');
    expect([replay.body.id, replay.headers.get('idempotency-replayed')]).toEqual([kept.body.id, 'true']);
  });

  it('a write acknowledged by one is read by the other', async () => {
    const { body: stored } = await servers[0]!.api.post('/v1/contexts', {
      project: PROJECT,
      label: 'shared',
      content: 'The lighthouse keeper is called Ada.',
    });
    expect((await servers[1]!.api.get(`/v1/contexts/${stored.id}`)).body.content).toBe(
      'The lighthouse keeper is called Ada.',
    );
    const { body: found } = await servers[1]!.api.get('/v1/search', {
      query: { project: PROJECT, q: 'lighthouse keeper' },
    });
    expect(found.items[0].label).toBe('shared');
  });
});
