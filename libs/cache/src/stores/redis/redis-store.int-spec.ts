import { KeySpace } from '../../cache-key.js';
import { sharedStoreContract } from '../../testing/shared-store.contract.js';
import { testNamespace, testRedisUrl } from '../../testing/test-redis.js';
import { RedisStore } from './redis-store.js';
import { parseRedisUrl } from './redis-url.js';

describe('RedisStore', () => {
  let store: RedisStore;
  const space = new KeySpace(testNamespace());

  beforeAll(async () => {
    const listener = { beforeOpen: async () => {}, opened: () => {}, closed: () => {}, epochChanged: () => {} };
    store = new RedisStore(parseRedisUrl(testRedisUrl()), space, listener);
    await store.start();
    expect(store.problem).toBeUndefined();
  });

  afterAll(() => store.close());

  it.each(sharedStoreContract.map((contract, i) => [contract.name, contract, i] as const))(
    '%s',
    async (_name, contract, i) => {
      await contract.run({
        store,
        prefix: `${space.namespace}:${i}:`,
        passMs: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      });
    },
  );

  it('sends the reads of one turn as one command', async () => {
    const before = Number(
      /cmdstat_mget:calls=(\d+)/.exec(await store.command('x', (redis) => redis.info('commandstats')))?.[1] ?? 0,
    );
    await Promise.all(
      Array.from({ length: 50 }, (_, i) => store.read(`${space.namespace}:v:${i}`, [`${space.namespace}:t:${i}`])),
    );
    const after = Number(
      /cmdstat_mget:calls=(\d+)/.exec(await store.command('x', (redis) => redis.info('commandstats')))?.[1] ?? 0,
    );
    expect(after - before).toBeLessThanOrEqual(2);
  });
});
