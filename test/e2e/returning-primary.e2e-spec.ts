import { setTimeout as pause } from 'node:timers/promises';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { type Keepsake, startKeepsake } from '../support/keepsake.js';
import { startSentinelSet } from '../support/services.js';

type SentinelSet = Awaited<ReturnType<typeof startSentinelSet>>;

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
  }, 60_000);

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
