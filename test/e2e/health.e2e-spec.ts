import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { type RedisServer, startRedis } from '#test/support/services.js';

const PARTS = ['database', 'cache', 'cache-memory', 'cache-shared', 'cache-breaker', 'limits', 'queue', 'embedding'];

describe('health and metrics of a server on PostgreSQL and Redis', () => {
  const TOKEN = 'scrape-token-0123456789';
  let database: TestDatabase;
  let redis: RedisServer;
  let server: Keepsake;

  beforeAll(async () => {
    [database, redis] = await Promise.all([createTestDatabase(), startRedis()]);
    const env = {
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      REDIS_SOCKET_TIMEOUT: '1000',
      METRICS_TOKEN: TOKEN,
      LOG_LEVEL: 'error',
    };
    server = await startKeepsake({ env });
  }, 120_000);

  afterAll(async () => {
    await server.remove();
    await Promise.all([redis.remove(), database.drop()]);
  }, 120_000);

  const health = () => server.api.get('/health');
  const statusOf = async (part: string) => (await health()).body.parts[part]?.status;

  it('T32 reports every part, to administrators alone', async () => {
    await eventually(async () => (await health()).body.status === 'up', { what: 'every part to be up' });
    const { status, body, headers } = await health();
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(Object.keys(body.parts)).toEqual(expect.arrayContaining(PARTS));
    expect(Object.keys(body)).toEqual(['status', 'parts']);
    expect(JSON.stringify(body)).not.toContain(redis.password);
    expect((await server.api.as().get('/health')).status).toBe(401);
    const { body: key } = await server.api.post('/v1/keys', { name: 'reader', scopes: ['memory:read'] });
    expect((await server.api.as(key.key).get('/health')).status).toBe(403);
  });

  it('T32 T50 without Redis it is degraded and ready, says what is, and is up again by itself', async () => {
    await redis.kill();
    await eventually(async () => (await statusOf('cache-shared')) === 'degraded', { what: 'the loss to be reported' });
    const { status, body } = await health();
    expect([status, body.status]).toEqual([200, 'degraded']);
    expect(body.parts).toMatchObject({
      database: { status: 'up' },
      cache: { status: 'degraded' },
      'cache-memory': { status: 'up' },
      'cache-shared': { status: 'degraded', detail: expect.stringMatching(/^unavailable: /) },
      'cache-breaker': { status: 'degraded', detail: expect.stringMatching(/^open/) },
      // Nobody has asked the limiter meanwhile.
      limits: { status: 'degraded' },
    });
    expect((await server.api.as().get('/health/ready')).status).toBe(200);
    await redis.start();
    for (const part of ['cache-breaker', 'cache-shared', 'cache'])
      await eventually(async () => (await statusOf(part)) === 'up', { what: `${part} to be up` });
  }, 120_000);

  it('T32 without its database it is down: 503 with the report, not ready, and alive', async () => {
    const proxyless = await server.api.as().get('/health/live');
    expect(proxyless.body).toEqual({ status: 'up' });
    await server.stop();
    const away = await startKeepsake({
      env: { DATABASE_URL: database.url, METRICS_PUBLIC: 'true', LOG_LEVEL: 'fatal', KEEPSAKE_SINGLE_PROCESS: 'true' },
    });
    try {
      // Verified once, the operator is known without the database.
      expect((await away.api.get('/health')).status).toBe(200);
      await database.drop();
      await eventually(async () => (await away.api.as().get('/health/ready')).status === 503, {
        what: 'the server not to be ready',
      });
      const { status, body, headers } = await away.api.get('/health');
      expect([status, headers.get('content-type')]).toEqual([503, 'application/json; charset=utf-8']);
      expect(body).toMatchObject({ status: 'down', parts: { database: { status: 'down' }, cache: { status: 'up' } } });
      const ready = await away.api.as().get('/health/ready');
      expect(ready.body).toMatchObject({ code: 'not-ready', status: 503 });
      expect(JSON.stringify(ready.body)).not.toContain('database');
      expect((await away.api.as().get('/health/live')).status).toBe(200);
      // Whoever scrapes must see it most of all now.
      const metrics = await away.api.as().get<string>('/metrics');
      expect([metrics.status, metrics.body.includes('cache_hits_total')]).toEqual([200, true]);
    } finally {
      await away.remove();
    }
  }, 120_000);
});

describe('metrics', () => {
  const TOKEN = 'scrape-token-0123456789';

  it.each([
    ['are closed by default', {}, { nobody: 401, token: 401 }],
    ['are open to who shows the token', { METRICS_TOKEN: TOKEN }, { nobody: 401, token: 200 }],
    ['are open to everybody where they are public', { METRICS_PUBLIC: 'true' }, { nobody: 200, token: 200 }],
  ] as const)(
    '%s',
    async (_what, env, expected) => {
      const server = await startKeepsake({
        onPostgres: true,
        env: { EMBEDDING_PROVIDER: 'off', LOG_LEVEL: 'error', ...env },
      });
      try {
        const { body: key } = await server.api.post('/v1/keys', { name: 'reader', scopes: ['memory:read'] });
        for (const path of ['/metrics', '/metrics/cache']) {
          const status = async (secret?: string) => (await server.api.as(secret).get(path)).status;
          expect([path, await status()]).toEqual([path, expected.nobody]);
          expect([path, await status(TOKEN)]).toEqual([path, expected.token]);
          expect([path, await status(`${TOKEN}x`)]).toEqual([path, expected.nobody]);
          expect([path, await status(server.key)]).toEqual([path, 200]);
          expect([path, await status(key.key)]).toEqual([path, expected.nobody === 200 ? 200 : 403]);
        }
        // The token opens nothing else.
        for (const path of ['/health', '/v1/projects', '/v1/admin/cache/stats'])
          expect([path, (await server.api.as(TOKEN).get(path)).status]).toEqual([path, 401]);
        expect((await server.api.as().get('/metrics')).headers.get('cache-control')).toBe('no-store');
      } finally {
        await server.remove();
      }
    },
    120_000,
  );
});
