// @ts-check
import { importPeer } from '../peers/import-peer.mjs';
import { LOCAL_ENTRIES, TTL_MS } from './subject.mjs';

/** Its groups stand for tags: a key is in one of them. @type {import('./subject.mjs').StartSubject} */
export async function start({ redisUrl, run, source }) {
  const { GroupLoader, Loader, RedisCache, RedisGroupCache } = await importPeer('layered-loader');
  const { Redis } = await importPeer('ioredis');
  const redis = new Redis(redisUrl);
  const options = (/** @type {string} */ kind) => ({
    json: true,
    ttlInMsecs: TTL_MS,
    prefix: `layered-${run}-${kind}`,
  });
  const loadMany = (/** @type {readonly string[]} */ ids) => Promise.all(ids.map(source.load));
  const local = new Loader({
    inMemoryCache: { cacheType: 'lru-map', ttlInMsecs: TTL_MS, maxItems: LOCAL_ENTRIES },
    dataSourceGetOneFn: source.load,
  });
  const shared = new Loader({
    asyncCache: new RedisCache(redis, options('thing')),
    dataSourceGetOneFn: source.load,
    dataSourceGetManyFn: loadMany,
    cacheKeyFromValueResolver: (/** @type {{ id: string }} */ { id }) => id,
  });
  const vectors = new Loader({
    asyncCache: new RedisCache(redis, options('vector')),
    dataSourceGetOneFn: async (/** @type {string} */ id) => Array.from(await source.loadVector(id)),
  });
  const groupCache = new RedisGroupCache(redis, options('tagged'));
  const tagged = new GroupLoader({
    asyncCache: groupCache,
    dataSources: [
      {
        name: 'source',
        getFromGroup: source.loadSmall,
        getManyFromGroup: (/** @type {readonly string[]} */ ids) => Promise.all(ids.map(source.loadSmall)),
      },
    ],
  });
  return {
    readLocal: (id) => local.get(id),
    readShared: (id) => shared.get(id),
    readMany: (ids) => shared.getMany([...ids]),
    tagged: {
      mostTags: 1,
      store: (ids, [tag]) => Promise.all(ids.map((id) => tagged.get(id, tag))),
      isCached: async (id, [tag]) => (await groupCache.getFromGroup(id, tag)) !== undefined,
      invalidate: (tag) => tagged.invalidateCacheForGroup(tag),
    },
    readVector: (id) => vectors.get(id),
    stop: async () => redis.disconnect(),
  };
}
