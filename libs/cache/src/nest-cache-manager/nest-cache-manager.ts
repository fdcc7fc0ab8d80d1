import { type Cache, createCache, KeyvAdapter } from 'cache-manager';
import { redisInsStore } from 'cache-manager-ioredis-yet';
import { Keyv, type KeyvOptions } from 'keyv';
import type { CacheEngine } from '../cache-engine.js';
import { KeySpace } from '../cache-key.js';
import { Envelope, isEnvelope } from './envelope.js';
import { redisFacade } from './redis-facade.js';
import { SharedStoreKeyv } from './shared-store-keyv.js';

/**
 * What Nest's `CACHE_MANAGER` is here, for code that expects that interface: cache-manager over the store of
 * cache-manager-ioredis-yet, on the cache's own hardened connection; without Redis, on the in-process store.
 *
 * It is a plain cache with a TTL: no tags, no freshness after a write. What it stores is one string of ours, since the
 * store would revive strings into code; `clear` removes the keys of its namespace alone, since the store would flush
 * the database. A shared tier that is away is a miss.
 */
export function createNestCacheManager(
  engine: CacheEngine,
  { defaultTtlMs }: { readonly defaultTtlMs: number },
): Cache {
  const redis = engine.redisStore;
  const { space, store } = engine.cache;
  const clear = async (): Promise<void> => {
    let cursor = '0';
    do {
      const page = await store.scan(space.nestPrefix, cursor, 500);
      await store.deleteKeys(page.keys);
      cursor = page.cursor;
    } while (cursor !== '0');
  };
  const adapter =
    redis === undefined
      ? new SharedStoreKeyv(store)
      : new KeyvAdapter(redisInsStore(redisFacade(redis), { isCacheable: isEnvelope }) as never);
  adapter.clear = () => clear().catch(() => undefined);
  const keyv = new Keyv({
    store: adapter,
    ...Envelope,
    useKeyPrefix: false,
    throwOnErrors: false,
  } as unknown as KeyvOptions);
  keyv.on('error', () => undefined);
  return namespaced(createCache({ stores: [keyv], ttl: defaultTtlMs }), space);
}

/** Keys go under our prefix whatever the caller names them. */
function namespaced(cache: Cache, space: KeySpace): Cache {
  const name = (key: string): string => space.nestPrefix + key;
  return {
    ...cache,
    get: (key) => cache.get(name(key)),
    mget: (keys) => cache.mget(keys.map(name)),
    ttl: (key) => cache.ttl(name(key)),
    set: (key, value, ttl) => cache.set(name(key), value, ttl),
    mset: (list) => cache.mset(list.map((item) => ({ ...item, key: name(item.key) }))),
    del: (key) => cache.del(name(key)),
    mdel: (keys) => cache.mdel(keys.map(name)),
    wrap: (key: string, ...rest: unknown[]) => (cache.wrap as (...args: unknown[]) => never)(name(key), ...rest),
  } as Cache;
}
