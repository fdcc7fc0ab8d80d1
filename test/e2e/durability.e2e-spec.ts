import { api } from '../support/api.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { type Keepsake, startKeepsake } from '../support/keepsake.js';

const PROJECT = 'durable';

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
        // The server was killed under this request: nobody knows what became of it, and nobody was told.
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
    // The claim of the killed request is given up after a while; until then the answer is "still running".
    const first = await retry();
    expect([200, 201, 409]).toContain(first.status);
    const again = await Promise.all([retry(), retry(), retry()]);
    for (const { status } of again) expect(status === 409 || status === first.status).toBe(true);
    const { body } = await server.api.get('/v1/contexts', { query: { project: PROJECT } });
    expect(body.items.filter((item: { label: string }) => item.label === 'once').length).toBeLessThanOrEqual(1);
  }, 60_000);

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
