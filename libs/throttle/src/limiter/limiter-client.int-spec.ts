import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { startRedis } from '#test/support/services.js';
import { eventually } from '#test/support/eventually.js';
import { createLimiterClient } from './limiter-client.js';
import { RedisLimiter } from './redis-limiter.js';

describe('the connection of the limiter', () => {
  it('comes back after it broke while it signed in, as behind a balancer whose server is gone', async () => {
    const redis = await startRedis();
    const sockets = new Set<Socket>();
    let isGone = false;
    let broken = 0;
    const balancer = createServer((client) => {
      sockets.add(client.on('error', () => undefined));
      if (isGone) {
        client.once('data', () => {
          broken++;
          client.resetAndDestroy();
        });
        return;
      }
      const server = connect(redis.port, redis.host).on('error', () => undefined);
      client.on('close', () => server.destroy());
      client.pipe(server).pipe(client);
    });
    balancer.listen(0, '127.0.0.1');
    await once(balancer, 'listening');
    const url = new URL(redis.url);
    url.port = String((balancer.address() as AddressInfo).port);
    const client = createLimiterClient(url.href, { redisCommandTimeoutMs: 5_000, redisConnectTimeoutMs: 5_000 });
    try {
      const limiter = new RedisLimiter(client);
      const look = () => limiter.look('subject', [{ name: 'reads', limit: 1, periodMs: 1_000 }]);
      await client.connected();
      await look();
      isGone = true;
      for (const socket of sockets) socket.resetAndDestroy();
      await eventually(() => broken > 1, { timeoutMs: 15_000, what: 'broken connections' });
      isGone = false;
      expect(await eventually(look, { timeoutMs: 15_000, what: 'the limiter to be back' })).toHaveLength(1);
    } finally {
      client.disconnect();
      for (const socket of sockets) socket.destroy();
      balancer.close();
      await redis.remove();
    }
  }, 120_000);
});
