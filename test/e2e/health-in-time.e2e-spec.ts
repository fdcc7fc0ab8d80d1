import { setTimeout as pause } from 'node:timers/promises';
import { createTestDatabase, type TestDatabase } from '#test/support/database.js';
import { eventually } from '#test/support/eventually.js';
import { type Keepsake, startKeepsake } from '#test/support/keepsake.js';
import { type RedisServer, startRedis } from '#test/support/services.js';
import { TcpProxy } from '#test/support/tcp-proxy.js';

/** What is reported a second later is what is. */
const A_SECOND_MS = 1_000;

describe('T65 health agrees with the part that it reports within a second', () => {
  let database: TestDatabase;
  let redis: RedisServer;
  let links: Record<'redis' | 'database', TcpProxy>;
  let server: Keepsake;

  beforeAll(async () => {
    [database, redis] = await Promise.all([createTestDatabase(), startRedis()]);
    const address = new URL(database.url);
    links = {
      redis: await TcpProxy.to(redis),
      database: await TcpProxy.to({ host: address.hostname, port: Number(address.port) }),
    };
    server = await startKeepsake({
      env: {
        DATABASE_URL: links.database.urlFor(database.url),
        REDIS_URL: links.redis.urlFor(redis.url),
        // A busy machine is not an absence of Redis.
        REDIS_SOCKET_TIMEOUT: '2000',
        // Who can't be looked up is answered at the end of it.
        REQUEST_TIMEOUT_MS: '3000',
        RATE_LIMIT_ENABLED: 'true',
        EMBEDDING_PROVIDER: 'off',
        LOG_LEVEL: 'fatal',
      },
    });
  }, 120_000);

  afterAll(async () => {
    await server?.remove();
    await Promise.all(Object.values(links ?? {}).map((link) => link.close()));
    await redis?.remove();
    await database?.drop();
  });

  const statusOf = async (...names: readonly string[]) => {
    const { parts = {} } = (await server.api.get('/health')).body;
    return names.map((name) => [name, parts[name]?.status]);
  };
  /** Whether the answer says that there is no database: as a part, or as what the caller can't be looked up in. */
  const isWithoutDatabase = async () => {
    const { parts, code } = (await server.api.get('/health')).body;
    return ['database-unavailable', 'request-timeout'].includes(code) || parts?.database?.status === 'down';
  };
  const isReady = async () => (await server.api.as().get('/health/ready')).status === 200;

  const OF_REDIS = ['cache', 'cache-shared', 'cache-breaker', 'limits'];
  const all = (names: readonly string[], status: string) => names.map((name) => [name, status]);

  it.each(['cut', 'blackHole'] as const)(
    'Redis: %s, and back',
    async (fault) => {
      const isUp = async () => (await statusOf(...OF_REDIS)).every(([, status]) => status === 'up');
      await eventually(isUp, { timeoutMs: 30_000, what: 'everything to be up' });
      links.redis[fault]();
      await pause(A_SECOND_MS);
      expect(await statusOf(...OF_REDIS)).toEqual(all(OF_REDIS, 'degraded'));
      expect(await isReady()).toBe(true);
      links.redis.heal();
      // What comes back is checked before it is used again.
      await eventually(isUp, { timeoutMs: 15_000, what: 'everything to be up again' });
    },
    120_000,
  );

  it.each(['cut', 'blackHole'] as const)(
    'the database: %s, and back',
    async (fault) => {
      await eventually(isReady, { timeoutMs: 30_000, what: 'the server to be ready' });
      links.database[fault]();
      await pause(A_SECOND_MS);
      expect(await isReady()).toBe(false);
      expect(await isWithoutDatabase()).toBe(true);
      links.database.heal();
      await eventually(isReady, { timeoutMs: 15_000, what: 'the server to be ready again' });
      expect(await isWithoutDatabase()).toBe(false);
    },
    120_000,
  );
});
