import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { Api, ApiAnswer } from '#test/support/api.js';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { type RedisServer, startRedis } from '#test/support/services.js';
import { TcpProxy } from '#test/support/tcp-proxy.js';

/**
 * Two servers, A and B. What A invalidates does not reach Redis while its link is held; A waits for it patiently and
 * calls nobody. What B answers meanwhile may rest on what A has committed, so B's next reads must show it.
 */
describe('an acknowledgement speaks for all that it rests on', () => {
  let database: TestDatabase;
  let redis: RedisServer;
  let link: TcpProxy;
  let a: Keepsake;
  let b: Keepsake;
  let sql: pg.Client;

  beforeAll(async () => {
    [database, redis] = await Promise.all([createTestDatabase(), startRedis()]);
    link = await TcpProxy.to(redis);
    const env = { DATABASE_URL: database.url, KEEPSAKE_BOOTSTRAP_KEY: `ks_test_${'ack'.repeat(16)}` };
    a = await startKeepsake({ env: { ...env, REDIS_URL: link.urlFor(redis.url), REDIS_SOCKET_TIMEOUT: '5000' } });
    b = await startKeepsake({ env: { ...env, REDIS_URL: redis.url, REDIS_SOCKET_TIMEOUT: '1000' } });
    sql = new pg.Client({ connectionString: database.url });
    await sql.connect();
  }, 120_000);

  afterEach(async () => {
    link.heal();
    await eventually(async () => (await rows()) === 0, { timeoutMs: 20_000, what: 'an empty outbox' });
  });

  afterAll(async () => {
    await sql?.end();
    await Promise.all([a?.remove(), b?.remove()]);
    await link?.close();
    await redis?.remove();
    await database?.drop();
  }, 120_000);

  const rows = async () => Number((await sql.query('SELECT count(*) AS count FROM cache_invalidations')).rows[0].count);
  const workspaceOf = async (slug: string): Promise<Api[]> => {
    expect((await a.api.post('/v1/workspaces', { slug })).status).toBe(201);
    const made = await a.api.post(
      '/v1/keys',
      { name: 'agent', scopes: ['memory:read', 'memory:write'] },
      { headers: { 'x-keepsake-workspace': slug } },
    );
    expect(made.status).toBe(201);
    return [a.api.as(made.body.key), b.api.as(made.body.key)];
  };

  const isCommitted = () => eventually(async () => (await rows()) > 0, { everyMs: 2, what: 'the row of the write' });

  const labelsOf = async (api: Api, project: string): Promise<string[]> => {
    const { body } = await api.get('/v1/contexts', { query: { project } });
    return body.items.map(({ label }: { label: string }) => label).toSorted();
  };
  const slugsOf = async (api: Api): Promise<string[]> =>
    (await api.get('/v1/projects')).body.items.map(({ slug }: { slug: string }) => slug);

  it('T53 a second write in a project whose first write is held shows the project and both texts', async () => {
    const [onA, onB] = (await workspaceOf('t53')) as [Api, Api];
    const project = 'atlas';
    const reads = [
      '/v1/projects',
      `/v1/contexts?project=${project}`,
      `/v1/projects/${project}/overview`,
      `/v1/search?q=kestrel&project=${project}`,
      `/v1/handovers/latest?project=${project}`,
    ];
    for (const path of reads) for (let i = 0; i < 2; i++) await onB.get(path);
    expect(await labelsOf(onB, project)).toEqual([]);

    link.hold('unlink');
    const first = onA.post('/v1/contexts', { project, label: 'first', content: 'a kestrel over the field' });
    await isCommitted();
    expect(
      (await onB.post('/v1/contexts', { project, label: 'second', content: 'a kestrel in its nest' })).status,
    ).toBe(201);
    expect(await labelsOf(onB, project)).toEqual(['first', 'second']);
    expect(await slugsOf(onB)).toContain(project);
    expect((await onB.get(`/v1/projects/${project}/overview`)).body.counts.versions).toBe(2);
    expect((await onB.get('/v1/search', { query: { q: 'kestrel', project } })).body.items).toHaveLength(2);
    const handover = await onB.post('/v1/handovers', { project, summary: 'kestrels counted' });
    expect(handover.status).toBe(201);
    expect((await onB.get('/v1/handovers/latest', { query: { project } })).body.handover?.id).toBe(handover.body.id);
    const session = await onB.post('/v1/sessions', { project });
    expect(session.body.wakeUp.handover?.id).toBe(handover.body.id);

    link.heal();
    expect((await first).status).toBe(201);
    await pause(3_000);
    for (const api of [onA, onB]) {
      expect(await labelsOf(api, project)).toEqual(['first', 'second']);
      expect((await api.get('/v1/handovers/latest', { query: { project } })).body.handover?.id).toBe(handover.body.id);
    }
  }, 120_000);

  it.each<
    [
      string,
      (
        api: Api,
        project: string,
      ) => Promise<{ again: (api: Api) => Promise<ApiAnswer<any>>; path: string; holds: (body: any) => unknown }>,
    ]
  >([
    [
      'the same Idempotency-Key',
      async (_api, project) => {
        const headers = { 'idempotency-key': randomUUID() };
        const again = (api: Api) =>
          api.post('/v1/contexts', { project, label: 'kept', content: 'one text' }, { headers });
        return { again, path: `/v1/contexts?project=${project}`, holds: (body) => body.items.length };
      },
    ],
    [
      'the same text',
      async (_api, project) => {
        const again = (api: Api) => api.post('/v1/contexts', { project, label: 'kept', content: 'one text' });
        return { again, path: `/v1/contexts?project=${project}`, holds: (body) => body.items.length };
      },
    ],
    [
      'a session ended again',
      async (api, project) => {
        const { body } = await api.post('/v1/sessions', { project });
        const id: string = body.session?.id ?? body.id;
        const again = (each: Api) => each.post(`/v1/sessions/${id}/end`, { summary: 'done' });
        return { again, path: `/v1/sessions/${id}`, holds: (session) => (session.endedAt === null ? 0 : 1) };
      },
    ],
    [
      'a context archived again',
      async (api, project) => {
        const { body } = await api.post('/v1/contexts', { project, label: 'old', content: 'to be archived' });
        const id: string = body.context?.id ?? body.id;
        const again = (each: Api) => each.post(`/v1/contexts/${id}/archive`, {});
        return { again, path: `/v1/contexts?project=${project}`, holds: (list) => (list.items.length === 0 ? 1 : 0) };
      },
    ],
  ])(
    'T54 %s on B, while the invalidation of A is held: what B answers, its next read shows',
    async (_name, prepare) => {
      const slug = `t54-${randomUUID().slice(0, 8)}`;
      const [onA, onB] = (await workspaceOf(slug)) as [Api, Api];
      const { again, path, holds } = await prepare(onA, 'atlas');
      for (let i = 0; i < 3; i++) expect(holds((await onB.get(path)).body)).toBe(0);
      link.hold('unlink');
      const first = again(onA);
      await eventually(async () => (await rows()) > 0, { everyMs: 2, what: 'the row of the write' });
      const answer = await again(onB);
      expect(answer.status).toBeLessThan(300);
      expect(holds((await onB.get(path)).body)).toBe(1);
      link.heal();
      expect((await first).status).toBeLessThan(300);
      expect(holds((await onA.get(path)).body)).toBe(1);
    },
    120_000,
  );

  it('T54 a heartbeat that B answers from its cache, with what A has changed: the next list on B shows it', async () => {
    const [onA, onB] = (await workspaceOf('t54-heartbeat')) as [Api, Api];
    const { body: session } = await onA.post('/v1/sessions', { project: 'atlas', metadata: { v: 1 } });
    const listed = async () =>
      (await onB.get('/v1/sessions', { query: { project: 'atlas' } })).body.items[0].metadata.v;
    for (let i = 0; i < 3; i++) expect(await listed()).toBe(1);
    // What B has of the session itself is gone, as after its five minutes.
    await redis.command('EVAL', `for _, k in ipairs(redis.call('KEYS', '*:session@*')) do redis.call('DEL', k) end`, 0);
    link.hold('unlink');
    const changed = onA.patch(`/v1/sessions/${session.id}`, { metadata: { v: 2 } });
    await isCommitted();
    expect((await onB.get(`/v1/sessions/${session.id}`)).body.metadata.v).toBe(2);
    const { status, body } = await onB.post(`/v1/sessions/${session.id}/heartbeat`);
    expect([status, body.metadata.v]).toEqual([200, 2]);
    expect(await listed()).toBe(2);
    link.heal();
    expect((await changed).status).toBe(200);
  }, 120_000);

  it('T53 what was written long before its commit counts from the commit', async () => {
    const [onA, onB] = (await workspaceOf('t53-late')) as [Api, Api];
    const headers = { 'idempotency-key': randomUUID() };
    const store = (api: Api) =>
      api.post('/v1/contexts', { project: 'late', label: 'one', content: 'a text' }, { headers });
    for (let i = 0; i < 3; i++) {
      expect(await labelsOf(onB, 'late')).toEqual([]);
      await slugsOf(onB);
    }
    // The first row of A's transaction is older than every bound when it is committed.
    const blocker = new pg.Client({ connectionString: database.url });
    await blocker.connect();
    try {
      link.hold('unlink');
      await blocker.query('BEGIN');
      await blocker.query('LOCK TABLE context_labels IN SHARE MODE');
      const first = store(onA);
      await pause(2_000);
      await blocker.query('COMMIT');
      await isCommitted();
      const answer = await store(onB);
      expect(answer.status).toBeLessThan(300);
      expect(await labelsOf(onB, 'late')).toEqual(['one']);
      expect(await slugsOf(onB)).toContain('late');
      link.heal();
      expect((await first).status).toBeLessThan(300);
    } finally {
      await blocker.end();
    }
  }, 120_000);

  it('T54 a database whose clock is set back loses no invalidation: a revoked key and an old list', async () => {
    const [onA, onB] = (await workspaceOf('t54-clock')) as [Api, Api];
    const made = await a.api.post(
      '/v1/keys',
      { name: 'revoked', scopes: ['memory:read'] },
      { headers: { 'x-keepsake-workspace': 't54-clock' } },
    );
    const revoked = b.api.as(made.body.key);
    for (let i = 0; i < 3; i++) {
      expect(await labelsOf(onB, 'clock')).toEqual([]);
      expect(await labelsOf(revoked, 'clock')).toEqual([]);
    }
    // As a clock that was five minutes ahead when the rows were written, and is right since.
    const setDefault = (by: string) =>
      sql.query(`ALTER TABLE cache_invalidations ALTER COLUMN created_at SET DEFAULT clock_timestamp()${by}`);
    await setDefault(` + interval '5 minutes'`);
    try {
      link.hold('unlink');
      const stored = onA.post('/v1/contexts', { project: 'clock', label: 'one', content: 'a text' });
      await isCommitted();
      const gone = a.api.del(`/v1/keys/${made.body.id}`, { headers: { 'x-keepsake-workspace': 't54-clock' } });
      await eventually(async () => (await revoked.get('/v1/projects')).status === 401, { what: 'the revocation on B' });
      await eventually(async () => (await labelsOf(onB, 'clock')).length === 1, { what: 'the text on B' });
      await eventually(async () => (await rows()) === 0, { what: 'delivered rows' });
      link.heal();
      expect([(await stored).status, (await gone).status]).toEqual([201, 200]);
    } finally {
      await setDefault('');
    }
  }, 120_000);

  it('T52 a process that is killed after a read of it made the default project hides nothing', async () => {
    const [, onB] = (await workspaceOf('t52')) as [Api, Api];
    const dying = await startKeepsake({
      env: {
        DATABASE_URL: database.url,
        KEEPSAKE_BOOTSTRAP_KEY: a.key,
        REDIS_URL: link.urlFor(redis.url),
        REDIS_SOCKET_TIMEOUT: '5000',
      },
    });
    try {
      const key = (
        await a.api.post(
          '/v1/keys',
          { name: 'reader', scopes: ['memory:read', 'memory:write'] },
          { headers: { 'x-keepsake-workspace': 't52' } },
        )
      ).body.key;
      for (let i = 0; i < 2; i++)
        expect((await onB.get('/v1/search', { query: { q: 'x', project: 'default' } })).body.items).toEqual([]);
      expect((await onB.get('/v1/contexts', { query: { project: 'default' } })).body.items).toEqual([]);
      link.hold('unlink');
      dying.api
        .as(key)
        .get('/v1/projects')
        .catch(() => undefined);
      const isMade = async () =>
        (
          await sql.query(
            `SELECT 1 FROM projects p JOIN workspaces w ON w.id = p.workspace_id WHERE w.slug = 't52' AND p.slug = 'default'`,
          )
        ).rowCount === 1;
      await eventually(isMade, { everyMs: 2, what: 'the default project' });
      expect(await rows()).toBeGreaterThan(0);
      await dying.kill();
      link.release();
      expect((await onB.post('/v1/contexts', { label: 'kept', content: 'in the default project' })).status).toBe(201);
      expect(await labelsOf(onB, 'default')).toEqual(['kept']);
      expect(await slugsOf(onB)).toContain('default');
    } finally {
      link.heal();
      await dying.remove();
    }
  }, 120_000);
});
