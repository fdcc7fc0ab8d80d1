import { setTimeout as pause } from 'node:timers/promises';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { type RedisServer, startCluster, startSentinelSet } from '#test/support/services.js';

type SentinelSet = Awaited<ReturnType<typeof startSentinelSet>>;
type Cluster = Awaited<ReturnType<typeof startCluster>>;

/** Two servers of the product over one database and a Sentinel set. */
describe('a primary that hung, was replaced and takes over again before it was demoted', () => {
  let database: TestDatabase;
  let sentinels: SentinelSet;
  let a: Keepsake;
  let b: Keepsake;

  beforeAll(async () => {
    [database, sentinels] = await Promise.all([createTestDatabase(), startSentinelSet()]);
    const env = {
      DATABASE_URL: database.url,
      REDIS_URL: sentinels.url,
      KEEPSAKE_BOOTSTRAP_KEY: `ks_test_${'t51'.repeat(16)}`,
    };
    a = await startKeepsake({ env });
    b = await startKeepsake({ env });
  }, 120_000);

  afterAll(async () => {
    await Promise.all([a?.remove(), b?.remove()]);
    await sentinels?.remove();
    await database?.drop();
  }, 120_000);

  const cacheOf = async ({ api }: Keepsake) => (await api.get('/health')).body;
  const isCached = (server: Keepsake) =>
    eventually(async () => (await cacheOf(server)).parts.cache.status === 'up', {
      timeoutMs: 30_000,
      what: 'the cache',
    });
  const electedOther = (than: { readonly port: number }) =>
    eventually(async () => (await sentinels.primary()).port !== than.port, {
      timeoutMs: 60_000,
      what: 'another primary',
    });

  it('T51 brings no old value and no revoked key back', async () => {
    const [m1, m2] = sentinels.servers;
    if (m1 === undefined || m2 === undefined) throw new Error('a set has two servers');
    await Promise.all([isCached(a), isCached(b)]);
    const context = { project: 'atlas', label: 'note', content: 'one' };
    expect((await a.api.post('/v1/contexts', context)).status).toBe(201);
    const made = await a.api.post('/v1/keys', { name: 'reader', scopes: ['memory:read'] });
    expect(made.status).toBe(201);
    const reader = b.api.as(made.body.key);
    const read = () => b.api.get('/v1/contexts', { query: { project: 'atlas' } });
    const labels = async () => (await read()).body.items.map(({ label }: { label: string }) => label);
    expect((await reader.get('/v1/contexts', { query: { project: 'atlas' } })).status).toBe(200);
    for (let i = 0; i < 3; i++) expect(await labels()).toEqual(['note']);
    expect((await read()).headers.get('cache-status')).toContain('hit');

    m1.pause();
    await electedOther(m1);
    await Promise.all([isCached(a), isCached(b)]);
    expect((await a.api.post('/v1/contexts', { ...context, label: 'second', content: 'two' })).status).toBe(201);
    expect((await a.api.del(`/v1/keys/${made.body.id}`)).status).toBeLessThan(300);
    expect(await labels()).toEqual(['second', 'note']);

    m1.resume();
    await pause(1_000);
    m2.pause();
    try {
      await electedOther(m2);
      await Promise.all([isCached(a), isCached(b)]);
      expect(await labels()).toEqual(['second', 'note']);
      expect((await reader.get('/v1/contexts', { query: { project: 'atlas' } })).status).toBe(401);
    } finally {
      m2.resume();
    }
  }, 180_000);
});

/** Two servers of the product over one database and a Cluster, whose first primary hangs. */
describe('the same of a primary in a Cluster', () => {
  /** So many that every primary holds entries of some. */
  const projects = Array.from({ length: 12 }, (_, i) => `atlas-${i}`);
  let database: TestDatabase;
  let cluster: Cluster;
  let a: Keepsake;
  let b: Keepsake;

  beforeAll(async () => {
    [database, cluster] = await Promise.all([createTestDatabase(), startCluster({ replicas: true })]);
    const env = {
      DATABASE_URL: database.url,
      REDIS_URL: cluster.url,
      KEEPSAKE_BOOTSTRAP_KEY: `ks_test_${'c51'.repeat(16)}`,
    };
    a = await startKeepsake({ env });
    b = await startKeepsake({ env });
  }, 120_000);

  afterAll(async () => {
    for (const server of [...(cluster?.primaries ?? []), ...(cluster?.replicas ?? [])]) server.resume();
    await Promise.all([a?.remove(), b?.remove()]);
    await cluster?.remove();
    await database?.drop();
  }, 120_000);

  const isCached = (server: Keepsake) =>
    eventually(async () => (await server.api.get('/health')).body.parts.cache.status === 'up', {
      timeoutMs: 60_000,
      what: 'the cache',
    });

  /** Of the slots that were the first primary's, as the second one sees it. */
  const isElected = ({ port }: RedisServer) =>
    eventually(
      async () => {
        const nodes = String(await cluster.primaries[1]?.command('CLUSTER', 'NODES'));
        const owner = nodes.split('\n').find((line) => / 0-\d+/.test(line));
        return owner?.includes(`:${port}@`) === true && owner.includes('master');
      },
      { timeoutMs: 60_000, everyMs: 100, what: 'another primary' },
    );

  const read = (server: Keepsake, project: string) => server.api.get('/v1/contexts', { query: { project } });
  const store = async (label: string) => {
    for (const project of projects) {
      const made = await a.api.post('/v1/contexts', { project, label, content: `${label} of ${project}` });
      expect(made.status).toBe(201);
    }
  };
  const labelsOf = async (server: Keepsake) => {
    const lists = await Promise.all(projects.map((project) => read(server, project)));
    return lists.map(({ body }) => body.items.map(({ label }: { label: string }) => label).toSorted());
  };

  it('T51 brings no old value back, whichever server holds it', async () => {
    const [m1] = cluster.primaries;
    const [m2] = cluster.replicas;
    if (m1 === undefined || m2 === undefined) throw new Error('every primary has a replica');
    await Promise.all([isCached(a), isCached(b)]);
    await store('one');
    for (let i = 0; i < 3; i++) expect(await labelsOf(b)).toEqual(projects.map(() => ['one']));
    const isHit = async (project: string) => (await read(b, project)).headers.get('cache-status')?.includes('hit');
    for (const project of projects) await eventually(() => isHit(project), { timeoutMs: 20_000, what: 'a hit' });
    const made = await a.api.post('/v1/keys', { name: 'reader', scopes: ['memory:read'] });
    const reader = b.api.as(made.body.key);
    expect((await reader.get('/v1/projects')).status).toBe(200);

    m1.pause();
    await isElected(m2);
    await Promise.all([isCached(a), isCached(b)]);
    await store('two');
    expect((await a.api.del(`/v1/keys/${made.body.id}`)).status).toBeLessThan(300);
    expect(await labelsOf(b)).toEqual(projects.map(() => ['one', 'two']));

    m1.resume();
    await pause(1_000);
    m2.pause();
    await isElected(m1);
    await Promise.all([isCached(a), isCached(b)]);
    for (const server of [a, b]) expect(await labelsOf(server)).toEqual(projects.map(() => ['one', 'two']));
    expect((await reader.get('/v1/projects')).status).toBe(401);
  }, 240_000);
});
