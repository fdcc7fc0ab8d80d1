import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import { eventually } from './eventually.js';
import { startRedis } from './services.js';
import { TcpProxy } from './tcp-proxy.js';

type RedisServer = Awaited<ReturnType<typeof startRedis>>;

describe('a link that a test can disturb', () => {
  let server: RedisServer;
  let proxy: TcpProxy;
  let client: Redis;

  beforeAll(async () => {
    server = await startRedis();
  });
  beforeEach(async () => {
    proxy = await TcpProxy.to(server);
    client = new Redis(proxy.urlFor(server.url), {
      retryStrategy: () => 20,
      commandTimeout: 3_000,
      disconnectTimeout: 50,
    });
    client.on('error', () => undefined);
  });
  afterEach(async () => {
    client.disconnect();
    await proxy.close();
  });
  afterAll(() => server.remove());

  it('passes everything on, large values included', async () => {
    const large = 'ä'.repeat(1_000_000);
    await client.set('large', large);
    const sha1 = createHash('sha1').update(large).digest('hex');
    expect(await client.eval("return redis.sha1hex(redis.call('GET', KEYS[1]))", 1, 'large')).toBe(sha1);
    // Back it comes in many values: one large one would have the client's parser shrink a buffer by a timer, for ten
    // seconds after the test, which Jest waits for.
    const piece = 'ö'.repeat(500);
    await client.set('piece', piece);
    expect(await client.mget(Array(2_000).fill('piece'))).toEqual(Array(2_000).fill(piece));
  });

  it('refuses while it is cut, and passes on again once healed', async () => {
    await client.ping();
    proxy.cut();
    await expect(client.ping()).rejects.toThrow();
    proxy.heal();
    expect(await eventually(() => client.ping())).toBe('PONG');
  });

  it('says nothing while it is a black hole', async () => {
    await client.set('key', 'before');
    proxy.blackHole();
    await expect(client.set('key', 'lost')).rejects.toThrow('Command timed out');
    expect(await server.command('GET', 'key')).toBe('before');
  });

  it('takes its time where it is slow', async () => {
    await client.ping();
    proxy.slow(50);
    const start = performance.now();
    await client.ping();
    expect(performance.now() - start).toBeGreaterThanOrEqual(95);
  });
});
