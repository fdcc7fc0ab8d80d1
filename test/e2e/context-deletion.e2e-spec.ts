import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { Redis } from 'ioredis';
import type { Api } from '#test/support/api.js';
import { keysHolding } from '#test/support/redis-keys.js';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import { exportProject } from '#test/support/export-file.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { DATABASES, type ServerFixture, startFixtureOn } from '#test/support/on-each-database.js';
import { type RedisServer, startRedis } from '#test/support/services.js';

const MODES = ['hybrid', 'semantic', 'keyword'];

/** What every read that shows memory says, on one server, as one text. */
async function everything(api: Api, project: string, session: string, { id, label, word }: Stored): Promise<string> {
  const of = (path: string, query: object = {}) => api.get(path, { query: { project, ...query } });
  const answers = await Promise.all([
    ...MODES.map((mode) => of('/v1/search', { q: word, mode })),
    of('/v1/contexts'),
    of('/v1/contexts', { archived: 'true' }),
    of('/v1/contexts', { versions: 'all' }),
    of('/v1/handovers'),
    of('/v1/handovers/latest'),
    api.get('/v1/handovers/preview', { query: { sessionId: session } }),
    api.get(`/v1/projects/${project}/overview`),
    api.get(`/v1/projects/${project}/contexts/${encodeURIComponent(label)}`),
    api.get(`/v1/contexts/${id}`),
    api.get(`/v1/contexts/${id}/versions`),
    api.get(`/v1/contexts/${id}/preview`),
    api.post('/v1/contexts/recall', { ids: [id] }),
    api.post('/v1/contexts/check', { project, text: `I am about to use ${word}` }),
    api.post('/v1/sessions', { project }),
  ]);
  // What a read repeats of its own request is not memory.
  const shown = answers.map(({ body }) => ({
    ...body,
    q: undefined,
    detail: undefined,
    instance: undefined,
    missing: undefined,
  }));
  return JSON.stringify(shown);
}

interface Stored {
  readonly id: string;
  readonly label: string;
  readonly word: string;
}

describe.each(DATABASES)('deleting a context, on %s', (_, isOutside) => {
  let fixture: ServerFixture;
  let api: Api;
  const project = 'atlas';

  beforeAll(async () => {
    fixture = await startFixtureOn(isOutside, { SESSION_SWEEP_SECONDS: '3600' });
    api = fixture.server.api;
  }, 120_000);

  afterAll(() => fixture.remove());

  async function store(word: string, body: object = {}, on = api): Promise<Stored> {
    const label = `about/${word}`;
    const content = `Always heed the ${word}: it keeps the gate.`;
    const answer = await on.post('/v1/contexts', { project, label, content, ...body });
    expect(answer.status).toBe(201);
    return { id: answer.body.id, label, word };
  }

  async function startSession(on = api): Promise<string> {
    const { status, body } = await on.post('/v1/sessions', { project });
    expect(status).toBe(201);
    return body.id;
  }

  const isEmbedded = async (id: string) => (await api.get(`/v1/contexts/${id}`)).body.embedding === 'ready';

  it('T42 takes a version out of every read at once, and leaves its neighbour in all of them', async () => {
    const session = await startSession();
    const gone = await store('kestrelword', { sessionId: session });
    const stays = await store('ospreyword', { sessionId: session });
    await eventually(async () => (await isEmbedded(gone.id)) && (await isEmbedded(stays.id)), { what: 'the vectors' });
    expect((await api.post('/v1/handovers', { project, sessionId: session })).status).toBe(201);
    expect(await everything(api, project, session, gone)).toContain('kestrelword');

    const deleted = await api.del(`/v1/contexts/${gone.id}`);
    expect([deleted.status, deleted.body]).toEqual([200, { removed: { contexts: 1 } }]);

    expect(await everything(api, project, session, gone)).not.toContain('kestrelword');
    const still = await everything(api, project, session, stays);
    expect(still).toContain('ospreyword');
    for (const mode of MODES) {
      const { items } = (await api.get('/v1/search', { query: { project, q: 'ospreyword gate', mode } })).body;
      expect([mode, items.map(({ id }: Stored) => id)]).toEqual([mode, expect.arrayContaining([stays.id])]);
      expect(items.map(({ id }: Stored) => id)).not.toContain(gone.id);
    }
    const handover = (await api.get('/v1/handovers/latest', { query: { project } })).body.handover;
    expect(handover.contextsUsed.map(({ id }: Stored) => id)).toEqual([stays.id]);
    expect(JSON.stringify((await exportProject(fixture.server, project)).lines)).not.toContain('kestrelword');
    for (const path of ['', '/versions', '/preview', '/diff'])
      expect([path, (await api.get(`/v1/contexts/${gone.id}${path}`)).status]).toEqual([path, 404]);
    const again = await api.del(`/v1/contexts/${gone.id}`);
    expect([again.status, again.body.code]).toEqual([404, 'context-not-found']);
    expect((await api.del(`/v1/contexts/${randomUUID()}`)).status).toBe(404);
    // Nothing says that it was there: it is stored as if it never was.
    expect((await store('kestrelword')).id).not.toBe(gone.id);
  }, 120_000);

  it('stays gone when the server starts again, with a job that was waiting for it', async () => {
    const session = await startSession();
    const gone = await store('merlinword');
    const stays = await store('hobbyword');
    // The jobs that embed both may not have run yet.
    expect((await api.del(`/v1/contexts/${gone.id}`)).status).toBe(200);
    await fixture.server.stop();
    await fixture.server.start();
    await eventually(() => isEmbedded(stays.id), { what: 'the vectors of the neighbour' });
    expect(await everything(api, project, session, gone)).not.toContain('merlinword');
    expect(await everything(api, project, session, stays)).toContain('hobbyword');
  }, 120_000);

  it('of one version leaves the one before it as the newest, and the numbers as they were', async () => {
    const label = 'of/versions';
    const put = async (content: string) => (await api.post('/v1/contexts', { project, label, content })).body;
    const [first, second, third] = [await put('One word.'), await put('Two words.'), await put('Three words.')];
    expect((await api.del(`/v1/contexts/${third.id}`)).body).toEqual({ removed: { contexts: 1 } });
    const latest = () => api.get(`/v1/projects/${project}/contexts/${encodeURIComponent(label)}`);
    expect((await latest()).body).toMatchObject({ id: second.id, version: 2 });
    expect((await put('Four words.')).version).toBe(4);
    expect((await api.post(`/v1/contexts/${first.id}/archive`, {})).status).toBe(200);
    expect((await api.del(`/v1/contexts/${first.id}`, { query: { allVersions: 'true' } })).body).toEqual({
      removed: { contexts: 3 },
    });
    expect((await latest()).status).toBe(404);
    expect((await put('One word.')).version).toBe(1);
  });

  it('by label deletes every version, archived ones too, and nothing of another label or project', async () => {
    const label = 'a/b: c';
    const path = (of: string) => `/v1/projects/${of}/contexts/${encodeURIComponent(label)}`;
    const put = async (of: string, content: string) =>
      (await api.post('/v1/contexts', { project: of, label, content })).body;
    const first = await put(project, 'The first text.');
    await put(project, 'The second text.');
    const elsewhere = await put('elsewhere', 'The first text.');
    await api.post(`/v1/contexts/${first.id}/archive`, {});
    const deleted = await api.del(path(project));
    expect([deleted.status, deleted.body]).toEqual([200, { removed: { contexts: 2 } }]);
    expect((await api.get(`/v1/contexts/${first.id}`)).status).toBe(404);
    expect((await api.get(path(project))).status).toBe(404);
    expect((await api.get(path('elsewhere'))).body.id).toBe(elsewhere.id);
    for (const each of [project, 'never-written']) {
      const again = await api.del(path(each));
      expect([again.status, again.body.code]).toEqual([404, 'context-not-found']);
    }
  });

  it('is refused where it is for another state, and for who may not write', async () => {
    const { id, label } = await store('lannerword');
    const byLabel = `/v1/projects/${project}/contexts/${encodeURIComponent(label)}`;
    const before = (await api.get(`/v1/contexts/${id}`)).headers.get('etag')!;
    expect((await api.patch(`/v1/contexts/${id}`, { tags: ['new'] })).status).toBe(200);
    for (const path of [`/v1/contexts/${id}`, byLabel])
      expect((await api.del(path, { headers: { 'if-match': before } })).status).toBe(412);
    const key = (await api.post('/v1/keys', { name: 'reader', scopes: ['memory:read'] })).body.key;
    for (const path of [`/v1/contexts/${id}`, byLabel]) expect((await api.as(key).del(path)).status).toBe(403);
    const now = (await api.get(byLabel)).headers.get('etag')!;
    expect((await api.del(byLabel, { headers: { 'if-match': now } })).status).toBe(200);
  });

  it('forgets the answers that were stored for retries of its request', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const send = () => api.post('/v1/contexts', { project, label: 'once', content: 'Sent once.' }, { headers });
    const first = (await send()).body;
    expect((await send()).body.id).toBe(first.id);
    expect((await api.del(`/v1/contexts/${first.id}`)).status).toBe(200);
    const again = await send();
    expect([again.status, again.body.id === first.id]).toEqual([201, false]);
  });
});

describe('deleting a context, on two servers with one Redis', () => {
  let database: TestDatabase;
  let redis: RedisServer;
  let client: Redis;
  let sql: pg.Client;
  let a: Keepsake;
  let b: Keepsake;

  beforeAll(async () => {
    [database, redis] = await Promise.all([createTestDatabase(), startRedis()]);
    const env = {
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      KEEPSAKE_BOOTSTRAP_KEY: `ks_test_${'del'.repeat(16)}`,
      SESSION_SWEEP_SECONDS: '3600',
      LOG_LEVEL: 'error',
    };
    [a, b] = await Promise.all([startKeepsake({ env }), startKeepsake({ env })]);
    client = new Redis(redis.url);
    sql = new pg.Client({ connectionString: database.url });
    await sql.connect();
  }, 120_000);

  afterAll(async () => {
    client?.disconnect();
    await sql?.end();
    await Promise.all([a?.remove(), b?.remove()]);
    await redis?.remove();
    await database?.drop();
  }, 120_000);

  /** Values alone: keys of limits and credentials hold none of memory. */
  const keysWith = async (text: string) => (await keysHolding(client, text)).filter((key) => key.startsWith('ks:v:'));

  it('T42 is seen by the next read of the other server, and nothing of it is in Redis or in a table', async () => {
    const project = 'shared';
    const session = (await a.api.post('/v1/sessions', { project })).body.id;
    const put = async (word: string): Promise<Stored> => {
      const content = `The ${word} keeps the gate.`;
      const { body } = await a.api.post('/v1/contexts', { project, label: word, content, sessionId: session });
      return { id: body.id, label: word, word };
    };
    const [gone, stays] = [await put('caracaraword'), await put('buzzardword')];
    await eventually(
      async () => (await sql.query('SELECT 1 FROM context_vectors WHERE context_id = $1', [gone.id])).rowCount !== 0,
      { what: 'the vectors' },
    );
    for (let times = 0; times < 2; times++)
      for (const { api } of [a, b]) expect(await everything(api, project, session, gone)).toContain('caracaraword');
    expect(await keysWith('caracaraword')).not.toEqual([]);

    expect((await a.api.del(`/v1/contexts/${gone.id}`)).status).toBe(200);

    expect(await keysWith('caracaraword')).toEqual([]);
    for (const { api } of [b, a]) {
      expect(await everything(api, project, session, gone)).not.toContain('caracaraword');
      expect(await everything(api, project, session, stays)).toContain('buzzardword');
    }
    for (const [table, column] of [
      ['contexts', 'id'],
      ['context_vectors', 'context_id'],
      ['context_usage', 'context_id'],
      ['context_session_uses', 'context_id'],
      ['search_documents', 'id'],
      ['search_postings', 'document_id'],
    ]) {
      const rowsOf = async (id: string) =>
        (await sql.query(`SELECT 1 FROM ${table} WHERE ${column} = $1`, [id])).rowCount;
      expect([table, await rowsOf(gone.id)]).toEqual([table, 0]);
    }
  }, 120_000);

  it('and a store of the same label at the same time on the other leave one of both outcomes, whole', async () => {
    const project = 'races';
    for (let round = 0; round < 10; round++) {
      const label = `raced-${round}`;
      const first = (await a.api.post('/v1/contexts', { project, label, content: 'The first text.' })).body;
      const path = `/v1/projects/${project}/contexts/${label}`;
      const [deleted, stored] = await Promise.all([
        a.api.del(path),
        b.api.post('/v1/contexts', { project, label, content: 'The second text.' }),
      ]);
      expect([deleted.status, stored.status]).toEqual([200, 201]);
      const { status, body } = await b.api.get(path);
      const found = (await b.api.get('/v1/search', { query: { project, q: 'second', mode: 'keyword' } })).body.items;
      const isFound = found.some(({ id }: Stored) => id === stored.body.id);
      // Stored first and deleted with it, or stored once more after it.
      if (deleted.body.removed.contexts === 2) expect([status, isFound]).toEqual([404, false]);
      else expect([status, body.id, body.version, isFound]).toEqual([200, stored.body.id, 1, true]);
      expect((await a.api.get(`/v1/contexts/${first.id}`)).status).toBe(404);
    }
  }, 120_000);
});
