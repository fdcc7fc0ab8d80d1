// @ts-check
import { importPeer } from '../peers/import-peer.mjs';
import { TTL_MS } from './subject.mjs';

/** It knows no tags. @type {import('./subject.mjs').StartSubject} */
export async function start({ redisUrl, run, source }) {
  const { createCache, KeyvAdapter } = await importPeer('cache-manager');
  const { redisInsStore } = await importPeer('cache-manager-ioredis-yet');
  const { Keyv } = await importPeer('keyv');
  const { Redis } = await importPeer('ioredis');
  const redis = new Redis(redisUrl);
  const store = new KeyvAdapter(redisInsStore(redis));
  const local = createCache({ ttl: TTL_MS });
  const shared = createCache({ stores: [new Keyv({ store, namespace: `manager-${run}` })], ttl: TTL_MS });
  return {
    readLocal: (id) => local.wrap(id, () => source.load(id)),
    readShared: (id) => shared.wrap(id, () => source.load(id)),
    async readMany(ids) {
      const values = await shared.mget([...ids]);
      const missing = ids.filter((_, i) => values[i] === undefined);
      if (missing.length === 0) return values;
      return shared.mset(await Promise.all(missing.map(async (key) => ({ key, value: await source.load(key) }))));
    },
    readVector: (id) => shared.wrap(`vector-${id}`, async () => Array.from(await source.loadVector(id))),
    stop: async () => redis.disconnect(),
  };
}
