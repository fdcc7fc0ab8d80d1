import { setTimeout as pass } from 'node:timers/promises';
import { join } from 'node:path';
import { parseRedisUrl } from '#config';
import { debianFolder } from '#test/setup/services/sources/debian-folder.mjs';
import { installedPrograms } from '#test/setup/services/sources/installed-programs.mjs';
import { thisMachine } from '#test/setup/services/machine.mjs';
import type { Place } from '#test/setup/services/places/place.mjs';
import { startRedis } from '#test/support/services.js';
import { KeySpace } from '../../families/key.js';
import { sharedStoreContract } from '../../testing/shared-store.contract.js';
import { PATIENT } from '../../testing/test-engine.js';
import { testNamespace, testRedisUrl } from '../../testing/test-redis.js';
import { RedisStore } from './redis-store.js';
import { DEFAULT_REDIS_OPTIONS } from './redis-store-options.js';

async function openStore(url: string, space: KeySpace): Promise<RedisStore> {
  const listener = { beforeOpen: async () => {}, opened: () => {}, closed: () => {}, epochChanged: () => {} };
  const store = new RedisStore(parseRedisUrl(url), space, listener, { ...DEFAULT_REDIS_OPTIONS, ...PATIENT });
  await store.start();
  if (!store.isOpen) throw new Error(store.problem);
  return store;
}

describe('RedisStore', () => {
  let store: RedisStore;
  const space = new KeySpace(testNamespace());

  beforeAll(async () => {
    store = await openStore(testRedisUrl(), space);
  });

  afterAll(() => store.close());

  it.each(sharedStoreContract.map((contract, i) => [contract.name, contract, i] as const))(
    '%s',
    async (_name, contract, i) => {
      await contract.run({ store, prefix: `${space.namespace}:${i}:`, passMs: pass });
    },
  );

  it('sends the reads of one turn as one command', async () => {
    const calls = async () => {
      const info = await store.command('x', (redis) => redis.info('commandstats'));
      return Number(/cmdstat_mget:calls=(\d+)/.exec(info)?.[1] ?? 0);
    };
    const before = await calls();
    const reads = Array.from({ length: 50 }, (_, i) =>
      store.read(`${space.entryPrefix}${i}`, [`${space.tagPrefix}${i}`]),
    );
    await Promise.all(reads);
    expect((await calls()) - before).toBe(1);
  });
});

describe('every Redis and Valkey that this machine has', () => {
  it('keeps the contract', async () => {
    const products: string[] = [];
    for (const place of await placesOfThisMachine()) {
      const server = await startRedis({ place });
      const store = await openStore(server.url, new KeySpace());
      try {
        for (const [i, contract] of sharedStoreContract.entries()) {
          await contract.run({ store, prefix: `ks:${i}:`, passMs: pass });
        }
        products.push(`${store.facts?.product} ${store.facts?.version}`);
      } finally {
        await store.close();
        await server.remove();
      }
    }
    expect(products.length).toBeGreaterThan(0);
  }, 120_000);

  /** What is installed, and what an earlier run has made: nothing is installed for this. */
  async function placesOfThisMachine(): Promise<Place[]> {
    const machine = thisMachine();
    const hasFolder = machine.list(join(machine.cacheFolder, 'keepsake-test-services')).length > 0;
    const sources = [installedPrograms(machine), ...(hasFolder ? [debianFolder(machine)] : [])];
    const answers = await Promise.all(sources.map((source) => source.look('redis')));
    return answers.flatMap((answer) => (answer !== undefined && 'place' in answer ? [answer.place] : []));
  }
});
