// @ts-check
import { importPeer } from '../peers/import-peer.mjs';
import { LOCAL_ENTRIES, TTL_MS } from './subject.mjs';

/** @type {import('./subject.mjs').StartSubject} */
export async function start({ redisUrl, run, source }) {
  const { Cacheable, CacheableMemory, Keyv } = await importPeer('cacheable');
  const { default: KeyvRedis } = await importPeer('@keyv/redis');
  const redisKeyv = () => new Keyv({ store: new KeyvRedis(redisUrl), namespace: `cacheable-${run}` });
  const memory = new Keyv({ store: new CacheableMemory({ lruSize: LOCAL_ENTRIES, useClone: false }) });
  const local = new Cacheable({ primary: memory, ttl: TTL_MS });
  // Redis alone: with a memory in front of it, a hit would be one of the process.
  const shared = new Cacheable({ primary: redisKeyv(), ttl: TTL_MS });
  const tagged = new Cacheable({ primary: redisKeyv(), ttl: TTL_MS, tags: true });
  return {
    readLocal: (id) => local.getOrSet(id, () => source.load(id)),
    readShared: (id) => shared.getOrSet(id, () => source.load(id)),
    async readMany(ids) {
      const values = await shared.getMany(ids);
      const missing = ids.filter((_, i) => values[i] === undefined);
      if (missing.length === 0) return values;
      return shared.setMany(
        await Promise.all(missing.map(async (key) => ({ key, value: await source.load(key), ttl: TTL_MS }))),
      );
    },
    tagged: {
      mostTags: 5,
      store: async (ids, tags) =>
        tagged.setMany(
          await Promise.all(ids.map(async (key) => ({ key, value: await source.loadSmall(key), ttl: TTL_MS, tags }))),
        ),
      isCached: async (id) => (await tagged.get(id)) !== undefined,
      invalidate: (tag) => tagged.tags.invalidateTag(tag),
    },
    readVector: (id) => shared.getOrSet(`vector-${id}`, async () => Array.from(await source.loadVector(id))),
    async stop() {
      await Promise.all([local.disconnect(), shared.disconnect(), tagged.disconnect()]);
    },
  };
}
