import { Redis } from 'ioredis';
import { eventually } from '#test/support/eventually.js';
import { startKeepsake } from '#test/support/keepsake.js';
import { type RedisServer, startRedis } from '#test/support/services.js';

/** Besides the one that asks. */
async function connectionsOf(client: Redis): Promise<string[]> {
  const own = await client.client('ID');
  const list = String(await client.client('LIST'));
  return list.split('\n').filter((line) => line !== '' && !line.startsWith(`id=${own} `));
}

describe('REDIS_MAX_CONNECTIONS', () => {
  let redis: RedisServer;
  let client: Redis;

  beforeEach(async () => {
    redis = await startRedis();
    client = new Redis(redis.url);
  });

  afterEach(async () => {
    client.disconnect();
    await redis.remove();
  });

  it.each([
    ['1', 1],
    ['2', 2],
    ['5', 2],
  ])(
    '%s: the server counts so many, %i of them, with limits that hold for all processes',
    async (most, opened) => {
      const env = {
        REDIS_URL: redis.url,
        REDIS_MAX_CONNECTIONS: most,
        RATE_LIMIT_ENABLED: 'true',
        REDIS_SOCKET_TIMEOUT: '1000',
        EMBEDDING_PROVIDER: 'off',
      };
      const server = await startKeepsake({ env });
      try {
        const { body: key } = await server.api.post('/v1/keys', { name: 'k', scopes: ['memory:read', 'memory:write'] });
        const caller = server.api.as(key.key);
        const seen: number[] = [];
        await eventually(
          async () => {
            const { headers } = await caller.get('/v1/projects');
            expect(headers.has('ratelimit')).toBe(true);
            seen.push((await connectionsOf(client)).length);
            return (await client.keys('ksl:*')).length > 0 && headers.get('cache-status')?.includes('hit');
          },
          { what: 'counters and a hit in the shared tier' },
        );
        await Promise.all(Array.from({ length: 20 }, () => caller.get('/v1/contexts')));
        seen.push((await connectionsOf(client)).length);
        expect(Math.max(...seen)).toBe(opened);
        const note = 'REDIS_MAX_CONNECTIONS has no effect above 2: a process opens no more.';
        expect(server.stderr.includes(note)).toBe(Number(most) > 2);
      } finally {
        await server.remove();
      }
    },
    120_000,
  );
});
