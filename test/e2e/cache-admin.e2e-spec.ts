import { Redis } from 'ioredis';
import type { Api } from '#test/support/api.js';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { type RedisServer, startRedis } from '#test/support/services.js';

const reason = 'a test of the administration';

describe('the administration of the cache, on two processes', () => {
  let database: TestDatabase;
  let redisServer: RedisServer;
  let redis: Redis;
  let one: Keepsake;
  let two: Keepsake;
  let admin: Api;
  let reader: Api;
  let context: { id: string };

  async function newKey(scopes: readonly string[], workspace = 'default'): Promise<Api> {
    const headers = { 'x-keepsake-workspace': workspace };
    const { body } = await one.api.post('/v1/keys', { name: 'k', scopes }, { headers });
    return one.api.as(body.key);
  }

  beforeAll(async () => {
    database = await createTestDatabase();
    // Everything in it is invalidated below: no other test may live in it.
    redisServer = await startRedis();
    const { url } = redisServer;
    redis = new Redis(url);
    const env = {
      DATABASE_URL: database.url,
      REDIS_URL: url,
      REDIS_SOCKET_TIMEOUT: '2000',
      KEEPSAKE_BOOTSTRAP_KEY: `ks_admin_${'x'.repeat(32)}`,
      // An answer that still waits for its vector is not kept.
      EMBEDDING_PROVIDER: 'off',
      LOG_LEVEL: 'warn',
    };
    // One serves, the other serves and works.
    [one, two] = await Promise.all([
      startKeepsake({ env: { ...env, WORKER_ENABLED: 'false' } }),
      startKeepsake({ env }),
    ]);
    await one.api.post('/v1/workspaces', { slug: 'other' });
    admin = await newKey(['admin', 'memory:read', 'memory:write']);
    reader = await newKey(['memory:read']);
    ({ body: context } = await one.api.post('/v1/contexts', {
      project: 'atlas',
      label: 'a',
      content: 'of the default workspace',
    }));
  }, 120_000);

  afterAll(async () => {
    await Promise.all([one.remove(), two.remove()]);
    await redis.quit();
    await redisServer.remove();
    await database.drop();
  });

  /** Of one process, from its `/metrics`. */
  async function scraped(server: Keepsake, name: string): Promise<number> {
    const { body } = await server.api.get<string>('/metrics');
    return body
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  it('T31 statistics, Prometheus and the traffic agree', async () => {
    const family = async (scope: 'process' | 'all') =>
      (await one.api.get('/v1/admin/cache/stats', { query: { scope } })).body.families['http'] ?? {
        hits: 0,
        misses: 0,
      };
    const before = await family('all');
    for (const server of [one, two])
      for (let read = 0; read < 20; read++) await server.api.get(`/v1/contexts/${context.id}`);
    await eventually(
      async () => {
        const after = await family('all');
        return after.hits - before.hits === 39 && after.misses - before.misses === 1;
      },
      { timeoutMs: 15_000, what: 'the numbers of both processes' },
    );
    const { body: stats } = await one.api.get('/v1/admin/cache/stats', { query: { scope: 'process' } });
    expect(stats.processes).toBe(1);
    const { body: whole } = await one.api.get('/v1/admin/cache/stats', { query: { scope: 'all' } });
    expect(whole.tiers.local.maxBytes).toBe(2 * stats.tiers.local.maxBytes);
    expect(whole.tiers.shared).toMatchObject({ bytes: expect.any(Number), evictions: 0 });
    const scrapedHits = (await two.api.get<string>('/metrics')).body;
    const ofTwo = (await two.api.get('/v1/admin/cache/stats', { query: { scope: 'process' } })).body.families.http.hits;
    const lines = scrapedHits.split('\n').filter((line) => line.startsWith('cache_hits_total{family="http",'));
    expect(lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)).toBe(ofTwo);
    expect(await scraped(one, 'cache_hits_total')).toBeGreaterThan(0);
  });

  it('T33 refuses whoever is no administrator, and what reaches beyond a workspace to whoever is no operator', async () => {
    const calls: [string, string, object?][] = [
      ['GET', '/v1/admin/cache/stats'],
      ['GET', '/v1/admin/cache/keys?family=context'],
      ['GET', '/v1/admin/audit'],
      ['GET', '/metrics'],
      ['POST', '/v1/admin/cache/warm', { project: 'atlas' }],
      ['POST', '/v1/admin/cache/invalidations', { project: 'atlas', reason }],
    ];
    for (const [method, path, body] of calls) expect((await reader.send(method, path, { body })).status).toBe(403);
    for (const target of [{ all: true }, { family: 'context' }])
      expect((await admin.post('/v1/admin/cache/invalidations', { ...target, reason })).status).toBe(403);
    expect((await admin.patch('/v1/admin/cache/families/context', { ttlMs: 1000, reason })).status).toBe(403);
    expect((await admin.post('/v1/admin/cache/rate-limits/reset', { principal: 'key:x', reason })).status).toBe(403);
  });

  it('needs a reason, names one target, and leaves an audit line', async () => {
    const without = await admin.post('/v1/admin/cache/invalidations', { project: 'atlas' });
    expect([without.status, without.body.errors[0].pointer]).toEqual([400, '/reason']);
    expect(
      (await admin.post('/v1/admin/cache/invalidations', { project: 'a', context: context.id, reason })).status,
    ).toBe(400);
    expect((await admin.post('/v1/admin/cache/invalidations', { reason })).status).toBe(400);
    const done = await admin.post('/v1/admin/cache/invalidations', { context: context.id, reason });
    expect([done.status, done.body]).toEqual([201, { invalidated: 'context', deletedEntries: null }]);
    const { body } = await admin.get('/v1/admin/audit');
    expect(body.items[0]).toMatchObject({
      action: 'cache.invalidate',
      reason,
      details: { kind: 'context', id: context.id },
    });
  });

  it('T33 forgets the credential of a user: of others for operators, of oneself for administrators', async () => {
    const { body: key } = await one.api.post('/v1/keys', { name: 'known', scopes: ['admin', 'memory:read'] });
    const user = `key:${key.id}`;
    const known = two.api.as(key.key);
    const principalMisses = async () => {
      const { body } = await two.api.get('/v1/admin/cache/stats', { query: { scope: 'process' } });
      return body.families.principal.misses;
    };
    await known.get('/v1/projects');
    const before = await principalMisses();
    await known.get('/v1/projects');
    expect(await principalMisses()).toBe(before);
    const invalidations = '/v1/admin/cache/invalidations';
    expect((await admin.post(invalidations, { user, reason })).status).toBe(403);
    expect((await admin.post(invalidations, { user: 'somebody', reason })).status).toBe(403);
    for (const caller of [one.api, known]) {
      const seen = await principalMisses();
      expect((await caller.post(invalidations, { user, reason })).status).toBe(201);
      await known.get('/v1/projects');
      expect(await principalMisses()).toBeGreaterThan(seen);
    }
    expect((await one.api.post(invalidations, { user: 'somebody', reason })).status).toBe(201);
    const unknown = 'key:01890000-0000-7000-8000-000000000000';
    expect((await one.api.post(invalidations, { user: unknown, reason })).status).toBe(404);
    expect((await one.api.get('/v1/admin/audit', { query: { limit: 3 } })).body.items[1]).toMatchObject({
      action: 'cache.invalidate',
      details: { kind: 'user', principal: user },
    });
  });

  it('an invalidation is seen by the next read of another process', async () => {
    const status = async () => (await two.api.get(`/v1/contexts/${context.id}`)).headers.get('cache-status');
    await status();
    expect(await status()).toBe('keepsake; hit');
    await admin.post('/v1/admin/cache/invalidations', { project: 'atlas', reason });
    expect(await status()).toBe('keepsake; fwd=miss');
    expect(await status()).toBe('keepsake; hit');
  });

  it('shows keys of the own workspace, never values, and nothing of others', async () => {
    const other = await newKey(['admin', 'memory:read', 'memory:write'], 'other');
    await other.post('/v1/contexts', { label: 'theirs', content: 'the secret of the other workspace' });
    await other.get('/v1/projects/default/contexts/theirs');
    await one.api.get(`/v1/contexts/${context.id}`);
    const keysOf = async (api: Api) =>
      (await api.get('/v1/admin/cache/keys', { query: { family: 'http', limit: 100 } })).body.items;
    const [mine, theirs] = [await keysOf(admin), await keysOf(other)];
    expect(mine.length).toBeGreaterThan(0);
    expect(theirs.length).toBeGreaterThan(0);
    expect(JSON.stringify([mine, theirs])).not.toContain('secret');
    const names = (items: { key: string }[]) => new Set(items.map(({ key }) => key));
    expect([...names(mine)].filter((key) => names(theirs).has(key))).toEqual([]);
    const entry = await admin.get(`/v1/admin/cache/entries/${encodeURIComponent(mine[0].key)}`);
    expect(entry.body).toMatchObject({ key: mine[0].key, family: 'http' });
    expect(entry.body.bytes).toBeGreaterThan(0);
    expect((await admin.get(`/v1/admin/cache/entries/${encodeURIComponent(theirs[0].key)}`)).status).toBe(404);
    expect((await admin.get('/v1/admin/cache/keys', { query: { family: 'principal' } })).status).toBe(400);
    expect((await one.api.get('/v1/admin/cache/keys', { query: { family: 'principal' } })).status).toBe(200);
  });

  it('T26 T36 clearing everything leaves foreign keys of the same Redis alone', async () => {
    await redis.set('foreign:key', 'stays');
    const status = async () => (await two.api.get(`/v1/contexts/${context.id}`)).headers.get('cache-status');
    await status();
    expect(await status()).toBe('keepsake; hit');
    expect((await one.api.post('/v1/admin/cache/invalidations', { all: true, reason })).status).toBe(201);
    expect(await status()).toBe('keepsake; fwd=miss');
    expect(await redis.get('foreign:key')).toBe('stays');
    const deleted = await one.api.post('/v1/admin/cache/invalidations', { family: 'http', reason });
    expect(deleted.body.deletedEntries).toBeGreaterThan(0);
    expect(await redis.getdel('foreign:key')).toBe('stays');
  });

  it('changes a family on every process within five seconds', async () => {
    const ttlOn = async (server: Keepsake) =>
      (await server.api.get('/v1/admin/cache/families')).body.items.find(
        ({ name }: { name: string }) => name === 'http',
      )?.policy.ttlMs;
    const before = await ttlOn(two);
    const changed = await one.api.patch('/v1/admin/cache/families/http', { ttlMs: 12_345, reason });
    expect([changed.status, changed.body.policy.ttlMs]).toEqual([200, 12_345]);
    await eventually(async () => (await ttlOn(two)) === 12_345, { what: 'the other process' });
    await one.api.patch('/v1/admin/cache/families/http', { reason });
    await eventually(async () => (await ttlOn(two)) === before, { what: 'the declared TTL again' });
    expect((await one.api.patch('/v1/admin/cache/families/nothing', { reason })).status).toBe(404);
  });

  it('changes of a family what is named, null takes it back, and no name takes all back', async () => {
    const path = '/v1/admin/cache/families/overview-of-none';
    expect((await one.api.patch(path, { reason })).status).toBe(404);
    const change = async (settings: object) => {
      const answer = await one.api.patch('/v1/admin/cache/families/handover', { ...settings, reason });
      expect(answer.status).toBe(200);
      const { ttlMs, staleMs, enabled } = answer.body.policy;
      return { ttlMs, staleMs, enabled };
    };
    const declared = await change({});
    expect(await change({ ttlMs: 5_000 })).toEqual({ ...declared, ttlMs: 5_000 });
    expect(await change({ staleMs: 7 })).toEqual({ ...declared, ttlMs: 5_000, staleMs: 7 });
    expect(await change({ enabled: false })).toEqual({ ttlMs: 5_000, staleMs: 7, enabled: false });
    expect(await change({ ttlMs: null, enabled: null })).toEqual({ ...declared, staleMs: 7 });
    expect(await change({})).toEqual(declared);
  });

  it('keeps no answers that are made of a family that is turned off', async () => {
    const { body: stored } = await one.api.post('/v1/contexts', { label: 'off', content: 'A cormorant dives.' });
    const turn = async (family: string, enabled: boolean | null) => {
      const answer = await one.api.patch(`/v1/admin/cache/families/${family}`, { enabled, reason });
      expect([family, answer.status]).toEqual([family, 200]);
    };
    const statusOf = async (to: string) => (await one.api.get(to)).headers.get('cache-status');
    const reads: readonly (readonly [family: string, path: string])[] = [
      ['search', '/v1/search?q=cormorant&mode=keyword'],
      ['context', `/v1/contexts/${stored.id}`],
      ['handover', '/v1/handovers/latest'],
      ['query', '/v1/projects/default'],
    ];
    for (const [family, path] of reads) {
      await eventually(async () => (await statusOf(path))?.startsWith('keepsake; hit') === true, { what: path });
      await turn(family, false);
      for (let count = 0; count < 3; count++)
        expect([path, await statusOf(path)]).toEqual([path, 'keepsake; fwd=bypass']);
      await turn(family, null);
    }
  });

  /** Orders a warming and waits for its job, as whoever ordered it sees it. */
  async function warmed(api: Api, target: object): Promise<any> {
    const { status, body, headers } = await api.post('/v1/admin/cache/warm', target);
    expect([status, headers.get('location')]).toEqual([202, `/v1/jobs/${body.job.id}`]);
    expect(body.bounds).toEqual({ targets: 50, seconds: 60 });
    return eventually(
      async () => {
        const job = (await api.get(`/v1/jobs/${body.job.id}`)).body;
        return ['completed', 'failed'].includes(job.state) ? job : undefined;
      },
      { what: 'the job', timeoutMs: 20_000 },
    );
  }
  /** Every read of the family by these calls was a hit. */
  async function hitsBy(family: string, calls: () => Promise<{ readonly status: number }[]>): Promise<void> {
    const counted = async () => {
      const { body } = await one.api.get('/v1/admin/cache/stats', { query: { scope: 'process' } });
      const { hits = 0, misses = 0 } = body.families[family] ?? {};
      return { hits, misses };
    };
    const before = await counted();
    for (const { status } of await calls()) expect(status).toBeLessThan(300);
    const after = await counted();
    expect(after.misses).toBe(before.misses);
    expect(after.hits).toBeGreaterThan(before.hits);
  }

  it('T1 what was warmed, by whichever process, is hit by the next read', async () => {
    const { body: session } = await one.api.post('/v1/sessions', { project: 'warm', client: 'c' });
    await admin.post('/v1/admin/cache/invalidations', { project: 'warm', reason });
    const job = await warmed(admin, { session: session.id });
    expect(job).toMatchObject({
      name: 'cache-warming',
      state: 'completed',
      progress: 1,
      payload: { session: session.id },
      result: { targets: 1, warmed: 1, cold: [], isMore: false },
    });
    expect(job.steps.total).toBeGreaterThan(0);
    expect(job.steps.done).toBe(job.steps.total);
    const listed = (await admin.get('/v1/jobs', { query: { name: 'cache-warming', limit: 1 } })).body.items;
    expect(listed).toEqual([job]);
    await hitsBy('session', async () => [await one.api.get(`/v1/sessions/${session.id}`)]);
    await hitsBy('wake-up', async () => [await one.api.post('/v1/sessions', { project: 'warm', client: 'c' })]);
    const unknown = { session: '01890000-0000-7000-8000-000000000000' };
    expect((await admin.post('/v1/admin/cache/warm', unknown)).status).toBe(404);
    for (const bad of [{}, { project: 'a', user: 'b' }])
      expect((await admin.post('/v1/admin/cache/warm', bad)).status).toBe(400);
  });

  it('T33 warms what a user reads: of others for operators, of oneself for administrators', async () => {
    const { body: key } = await one.api.post('/v1/keys', {
      name: 'worker',
      scopes: ['admin', 'memory:read', 'memory:write'],
    });
    const user = `key:${key.id}`;
    const worker = one.api.as(key.key);
    const { body: open } = await worker.post('/v1/sessions', { project: 'open', client: 'c' });
    const { body: over } = await worker.post('/v1/sessions', { project: 'over', client: 'c' });
    await worker.post(`/v1/sessions/${over.id}/end`, {});
    await one.api.post('/v1/admin/cache/invalidations', { all: true, reason });
    expect((await admin.post('/v1/admin/cache/warm', { user })).status).toBe(403);
    expect((await reader.post('/v1/admin/cache/warm', { user })).status).toBe(403);
    for (const caller of [one.api, worker]) {
      const job = await warmed(caller, { user });
      expect(job).toMatchObject({ payload: { principal: user }, result: { targets: 2, warmed: 2, cold: [] } });
    }
    await hitsBy('session', async () => [await one.api.get(`/v1/sessions/${open.id}`)]);
    await hitsBy('wake-up', async () => [
      await worker.post('/v1/sessions', { project: 'open', client: 'c' }),
      await worker.post('/v1/sessions', { project: 'over', client: 'c' }),
    ]);
    // A subject of tokens that never started anything.
    expect(await warmed(one.api, { user: 'nobody' })).toMatchObject({
      payload: { principal: 'jwt:nobody' },
      result: { targets: 0, warmed: 0 },
    });
  });

  it('times a round trip, reports health, advice and the short form', async () => {
    expect((await admin.post('/v1/admin/cache/test')).body).toMatchObject({ ok: true, problem: null });
    expect((await admin.get('/v1/admin/cache/health')).body).toMatchObject({
      status: 'up',
      breaker: 'closed',
      mode: 'shared',
      servers: null,
    });
    const { servers } = (await one.api.get('/v1/admin/cache/health')).body;
    expect(servers).toEqual([
      {
        uptimeSeconds: expect.any(Number),
        clients: expect.any(Number),
        operationsPerSecond: expect.any(Number),
        usedBytes: expect.any(Number),
        limitBytes: null,
        evictions: 0,
      },
    ]);
    // Two servers of the product, each with one connection for the cache.
    expect(servers[0].clients).toBeGreaterThanOrEqual(2);
    expect((await one.api.get('/v1/admin/cache/advice')).status).toBe(200);
    const { body, headers } = await one.api.get('/metrics/cache');
    expect(body.hits).toBeGreaterThan(0);
    expect(body.rate_limits.reads).toEqual({ limit: 600, period_seconds: 60 });
    expect(Date.now() - Date.parse(body.timestamp)).toBeLessThan(10_000);
    expect(headers.get('cache-control')).toBe('no-store');
  });
});
