// @ts-check
import { importPeer } from '../peers/import-peer.mjs';
import { LOCAL_ENTRIES, TTL_MS } from './subject.mjs';

/** @type {import('./subject.mjs').StartSubject} */
export async function start({ redisUrl, run, source }) {
  const { BentoCache, bentostore } = await importPeer('bentocache');
  const { memoryDriver } = await importPeer('bentocache/drivers/memory');
  const { redisDriver } = await importPeer('bentocache/drivers/redis');
  const { Redis } = await importPeer('ioredis');
  const connection = new Redis(redisUrl);
  const bento = new BentoCache({
    default: 'shared',
    prefix: `bento-${run}`,
    ttl: TTL_MS,
    stores: {
      local: bentostore().useL1Layer(memoryDriver({ maxItems: LOCAL_ENTRIES, serialize: false })),
      shared: bentostore().useL2Layer(redisDriver({ connection })),
    },
  });
  const local = bento.use('local');
  const shared = bento.use('shared');
  const readShared = (/** @type {string} */ id) => shared.getOrSet({ key: id, factory: () => source.load(id) });
  return {
    readLocal: (id) => local.getOrSet({ key: id, factory: () => source.load(id) }),
    readShared,
    readMany: (ids) => Promise.all(ids.map(readShared)),
    tagged: {
      mostTags: 5,
      store: (ids, tags) =>
        Promise.all(ids.map((id) => shared.getOrSet({ key: id, factory: () => source.loadSmall(id), tags }))),
      isCached: async (id) => (await shared.get({ key: id })) !== undefined,
      invalidate: (tag) => shared.deleteByTag({ tags: [tag] }),
    },
    readVector: (id) =>
      shared.getOrSet({ key: `vector-${id}`, factory: async () => Array.from(await source.loadVector(id)) }),
    stop: () => bento.disconnectAll(),
  };
}
