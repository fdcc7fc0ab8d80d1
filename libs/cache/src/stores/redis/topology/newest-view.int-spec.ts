import type { Redis } from 'ioredis';
import { eventually } from '#test/support/eventually.js';
import { TcpProxy } from '#test/support/tcp-proxy.js';
import type { RedisAddress } from '#config';
import { parseRedisUrl } from '#config';
import { testRedisUrl } from '../../../testing/test-redis.js';
import { NewestView, type View } from './newest-view.js';

/** Asks one server, which says nothing but that it answers. */
class OneServer extends NewestView {
  protected seeds(): readonly RedisAddress[] {
    return this.target.hosts;
  }

  protected async ask(client: Redis): Promise<View> {
    await client.ping();
    return { nodes: [], configEpoch: 1 };
  }

  protected signIn() {
    return { username: this.target.username, password: this.target.password };
  }
}

describe('those who know the topology', () => {
  it('are asked again after their connections were closed as they were made', async () => {
    const [server] = parseRedisUrl(testRedisUrl()).hosts;
    const link = await TcpProxy.to(server as RedisAddress);
    const view = new OneServer(parseRedisUrl(link.urlFor(testRedisUrl())), {
      commandTimeoutMs: 500,
      connectTimeoutMs: 1_000,
    });
    try {
      await view.resolve();
      link.cut();
      for (let i = 0; i < 10; i++) await expect(view.resolve()).rejects.toThrow('No node could be asked');
      link.heal();
      await eventually(() =>
        view.resolve().then(
          () => true,
          () => false,
        ),
      );
    } finally {
      view.close();
      await link.close();
    }
  });
});
