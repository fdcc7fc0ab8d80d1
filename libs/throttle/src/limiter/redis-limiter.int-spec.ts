import { Redis } from 'ioredis';
import { loadConfig } from '#config';
import { startCluster } from '#test/support/services.js';
import { describeLimiter } from '../testing/limiter.contract.js';
import { createLimiterClient, type LimiterClient } from './limiter-client.js';
import { RedisLimiter } from './redis-limiter.js';

const url = process.env['TEST_REDIS_URL'] as string;
const { cache } = loadConfig({ REDIS_URL: url, REDIS_SOCKET_TIMEOUT: '5000' });

describe('RedisLimiter', () => {
  let clients: LimiterClient[];
  let admin: Redis;

  beforeAll(async () => {
    // Each stands for a process: a connection of its own.
    clients = Array.from({ length: 4 }, () => createLimiterClient(url, cache));
    admin = new Redis(url);
    await Promise.all(clients.map((client) => client.connected()));
  });

  afterAll(async () => {
    for (const client of clients) client.disconnect();
    await admin.quit();
  });

  let turn = 0;
  describeLimiter(() => new RedisLimiter(clients[turn++ % clients.length] as LimiterClient));

  it('T11 a counter always has an expiry, not longer than its period', async () => {
    const limiter = new RedisLimiter(clients[0] as LimiterClient);
    for (let subject = 0; subject < 20; subject++)
      await limiter.consume(`T11 ${subject}`, [
        { limit: { name: 't11', limit: 7, periodMs: 60_000 }, units: (subject % 7) + 1 },
      ]);
    const keys = await admin.keys('ksl:*:t11');
    expect(keys).toHaveLength(20);
    for (const key of keys) {
      const ttl = await admin.pttl(key);
      expect(ttl).toBeGreaterThan(0);
      expect(ttl).toBeLessThanOrEqual(60_001);
    }
  });

  it('a counter of a server whose clock was ahead frees within its period', async () => {
    const limit = { name: 'ahead', limit: 10, periodMs: 60_000 };
    const limiter = new RedisLimiter(clients[0] as LimiterClient);
    await limiter.consume('ahead', [{ limit, units: 1 }]);
    const [key] = await admin.keys('ksl:*:ahead');
    await admin.set(key as string, String((Date.now() + 86_400_000) * 1000), 'PX', 60_000);
    const [state] = await limiter.look('ahead', [limit]);
    expect(state).toMatchObject({ remaining: 0 });
    expect(state?.resetMs).toBeLessThanOrEqual(60_000);
  });

  it('counts exactly on every master of a Cluster that is named by one endpoint', async () => {
    const cluster = await startCluster();
    const endpoint = `redis://:${cluster.password}@127.0.0.1:${cluster.primaries[0]?.port}`;
    const client = createLimiterClient(endpoint, cache);
    try {
      await client.connected();
      const limiter = new RedisLimiter(client);
      const limit = { name: 'endpoint', limit: 1, periodMs: 60_000 };
      const allows = async (subject: string) => (await limiter.consume(subject, [{ limit, units: 1 }])).allowed;
      for (let subject = 0; subject < 20; subject++)
        expect([await allows(`of ${subject}`), await allows(`of ${subject}`)]).toEqual([true, false]);
      const sizes = await Promise.all(cluster.primaries.map((node) => node.command('DBSIZE')));
      expect(Math.min(...sizes)).toBeGreaterThan(0);
    } finally {
      client.disconnect();
      await cluster.remove();
    }
  }, 120_000);
});
