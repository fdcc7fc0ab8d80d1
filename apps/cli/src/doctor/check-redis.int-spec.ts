import { Redis } from 'ioredis';
import { freePort, startCluster, startRedis } from '#test/support/services.js';
import { checkRedis } from './checks.js';

describe('the doctor, of Redis', () => {
  const look = (redisUrl: string) => checkRedis({ redisUrl });

  it('reports what is there, warns of what costs, and changes nothing', async () => {
    const server = await startRedis({ config: { 'maxmemory-policy': 'allkeys-lru' } });
    const redis = new Redis(server.url);
    try {
      expect(await look(server.url)).toEqual({
        part: 'redis',
        status: 'ok',
        detail: expect.stringMatching(new RegExp(`^127\\.0\\.0\\.1:${server.port} \\((redis|valkey) \\d`)),
      });
      await redis.config('SET', 'maxmemory-policy', 'noeviction');
      expect(await look(server.url)).toMatchObject({
        status: 'warning',
        detail: expect.stringContaining('allkeys-lru is better'),
      });
      expect(await redis.dbsize()).toBe(0);
    } finally {
      redis.disconnect();
      await server.remove();
    }
  }, 120_000);

  it('reports a wrong and a missing password, what to check, and neither password', async () => {
    const server = await startRedis();
    try {
      for (const credentials of [':hunter2@', 'somebody:hunter2@', '']) {
        const finding = await look(`redis://${credentials}127.0.0.1:${server.port}`);
        expect(finding).toMatchObject({
          status: 'failed',
          cause: 'unavailable',
          detail: expect.stringContaining('Check user and password in REDIS_URL'),
        });
        expect(finding.detail).not.toContain('hunter2');
        expect(finding.detail).not.toContain(server.password);
      }
    } finally {
      await server.remove();
    }
  }, 120_000);

  it('reports that one address is the endpoint of a Cluster', async () => {
    const cluster = await startCluster({ config: { 'maxmemory-policy': 'allkeys-lru' } });
    try {
      const [first] = cluster.primaries;
      expect(await look(`redis://:${cluster.password}@127.0.0.1:${first?.port}`)).toEqual({
        part: 'redis',
        status: 'ok',
        detail: expect.stringMatching(/^a Cluster of 3: 127\.0\.0\.1:\d+ .*, 127\.0\.0\.1:\d+ .*, 127\.0\.0\.1:\d+ /),
      });
    } finally {
      await cluster.remove();
    }
  }, 120_000);

  it('names the server that does not answer', async () => {
    const port = await freePort();
    for (const url of [`redis://:hunter2@127.0.0.1:${port}`, `redis://:hunter2@127.0.0.1:${port},127.0.0.1:1`]) {
      const finding = await look(url);
      expect(finding).toMatchObject({ status: 'failed', detail: expect.stringContaining(`127.0.0.1:${port}`) });
      expect(finding.detail).toContain('Check REDIS_URL, and that the server runs');
      expect(finding.detail).not.toContain('hunter2');
    }
  }, 120_000);
});
