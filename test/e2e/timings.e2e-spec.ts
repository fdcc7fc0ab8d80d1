import { newId } from '#kernel';
import { FakeProviderServer } from '#embedding/testing';
import type { ApiAnswer } from '#test/support/api.js';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { type RedisServer, startRedis } from '#test/support/services.js';
import { TcpProxy } from '#test/support/tcp-proxy.js';
import { timingsOf } from './observability/server-timing.js';

/** Long beside everything that a busy machine does. */
const SLOW_MS = 1_200;

/** Short enough for a server of the cache to count as one that answers. */
const SLOW_CACHE_MS = 300;

describe('where the time of a request goes', () => {
  let database: TestDatabase;
  let redis: RedisServer;
  let provider: FakeProviderServer;
  let toDatabase: TcpProxy;
  let toRedis: TcpProxy;
  let server: Keepsake;

  beforeAll(async () => {
    [database, redis, provider] = await Promise.all([createTestDatabase(), startRedis(), FakeProviderServer.start()]);
    const { hostname, port } = new URL(database.url);
    [toDatabase, toRedis] = await Promise.all([
      TcpProxy.to({ host: hostname, port: Number(port) }),
      TcpProxy.to({ host: redis.host, port: redis.port }),
    ]);
    server = await startKeepsake({
      env: {
        DATABASE_URL: toDatabase.urlFor(database.url),
        REDIS_URL: toRedis.urlFor(redis.url),
        REDIS_SOCKET_TIMEOUT: '5000',
        // A connection that is made while the database is slow takes several ways there and back.
        DATABASE_CONNECT_TIMEOUT_MS: '60000',
        // With others a database that is so slow hides their invalidations, and everything would be read from it.
        KEEPSAKE_SINGLE_PROCESS: 'true',
        WORKER_ENABLED: 'false',
        LOG_LEVEL: 'warn',
        EMBEDDING_PROVIDER: 'voyage',
        EMBEDDING_DIMENSIONS: '256',
        VOYAGE_API_KEY: 'pa-secret-of-the-server',
        VOYAGE_BASE_URL: provider.baseUrl('voyage'),
      },
    });
    // What the start itself wrote is read from the database until its invalidation is delivered.
    await eventually(async () => timingsOf((await server.api.get('/v1/projects')).headers).database === 0, {
      what: 'a request without the database',
    });
  }, 120_000);

  afterAll(async () => {
    await server.remove();
    await Promise.all([toDatabase.close(), toRedis.close(), provider.close()]);
    await redis.remove();
    await database.drop();
  }, 120_000);

  afterEach(() => {
    toDatabase.heal();
    toRedis.heal();
    provider.reset();
  });

  /** The path of something that was never read. */
  const stored = async (): Promise<string> => {
    const { status, body } = await server.api.post('/v1/handovers', { project: newId() });
    expect(status).toBe(201);
    return `/v1/handovers/${body.id}`;
  };

  /** The parts make up the whole, which the client saw too. */
  async function took(ask: () => Promise<ApiAnswer<any>>) {
    const startedMs = performance.now();
    const answer = await ask();
    const seenMs = performance.now() - startedMs;
    const timings = timingsOf(answer.headers);
    const { total, cache, database: ofDatabase, provider: ofProvider, processing } = timings;
    expect(cache + ofDatabase + ofProvider + processing).toBeCloseTo(total, 1);
    expect(total).toBeLessThanOrEqual(seenMs);
    return { ...timings, answer };
  }

  it('a slow database is reported as time of the database', async () => {
    const path = await stored();
    toDatabase.slow(SLOW_MS);
    const { total, database: ofDatabase, cache, provider: ofProvider, answer } = await took(() => server.api.get(path));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-status')).toBe('keepsake; fwd=miss');
    // There and back again.
    expect(ofDatabase).toBeGreaterThanOrEqual(2 * SLOW_MS - 20);
    expect(total - ofDatabase).toBeLessThan(SLOW_MS);
    expect(cache).toBeLessThan(SLOW_MS);
    expect(ofProvider).toBe(0);
  });

  it('T1 a hit of the response cache asks the database nothing, and nobody waits for it', async () => {
    const path = await stored();
    await server.api.get(path);
    toDatabase.slow(SLOW_MS);
    const { total, database: ofDatabase, answer } = await took(() => server.api.get(path));
    expect(answer.headers.get('cache-status')).toBe('keepsake; hit');
    expect(ofDatabase).toBe(0);
    expect(total).toBeLessThan(SLOW_MS);
  });

  it('a slow cache is reported as time of the cache', async () => {
    const path = await stored();
    await server.api.get(path);
    toRedis.slow(SLOW_CACHE_MS);
    const { cache, database: ofDatabase, answer } = await took(() => server.api.get(path));
    expect(answer.headers.get('cache-status')).toBe('keepsake; hit');
    expect(cache).toBeGreaterThanOrEqual(2 * SLOW_CACHE_MS - 20);
    expect(ofDatabase).toBe(0);
  });

  it('a slow provider is reported as time of the provider, to who waits for the same text as time of the cache', async () => {
    provider.slow(SLOW_MS);
    const input = `a text ${newId()}`;
    const [one, other] = await Promise.all([
      took(() => server.api.post('/v1/embeddings', { input })),
      took(() => server.api.post('/v1/embeddings', { input })),
    ]);
    expect(provider.calls).toHaveLength(1);
    const [asked, waited] = one.provider > other.provider ? [one, other] : [other, one];
    expect(asked.provider).toBeGreaterThanOrEqual(SLOW_MS - 5);
    expect(asked.total - asked.provider).toBeLessThan(SLOW_MS);
    expect(waited.provider).toBe(0);
    expect(waited.cache).toBeGreaterThanOrEqual(SLOW_MS / 2);
    const again = await took(() => server.api.post('/v1/embeddings', { input }));
    expect(again.provider).toBe(0);
    expect(again.total).toBeLessThan(SLOW_MS);
  });

  it('is reported in the body where the client asks for it, and never kept with the answer', async () => {
    const path = await stored();
    const headers = { 'x-keepsake-timings': 'body' };
    const plain = await server.api.get(path);
    const reported = await server.api.get(path, { headers });
    const { serverTiming, ...rest } = reported.body;
    expect(rest).toEqual(plain.body);
    expect(reported.headers.get('cache-status')).toBe('keepsake; hit');
    expect(reported.headers.get('cache-control')).toBe('no-store');
    const { total, cache, database: ofDatabase, provider: ofProvider, processing } = timingsOf(reported.headers);
    expect(serverTiming).toEqual({
      totalMs: total,
      cacheMs: cache,
      databaseMs: ofDatabase,
      providerMs: ofProvider,
      processingMs: processing,
    });
    expect((await server.api.get(path)).body).toEqual(plain.body);
    const problem = await server.api.get(`/v1/handovers/${newId()}`, { headers });
    expect(problem.status).toBe(404);
    expect(problem.body.serverTiming.totalMs).toBeGreaterThan(0);
  });

  it('says nothing to those whose credential is refused', async () => {
    const { status, headers } = await server.api.as('ks_nobody_0123456789abcdef0123456789abcdef').get('/v1/projects');
    expect(status).toBe(401);
    expect(headers.get('server-timing')).toBeNull();
  });
});
