import { type Cache, createCache, KeyvAdapter } from 'cache-manager';
import { redisInsStore } from 'cache-manager-ioredis-yet';
import { Keyv, type KeyvOptions } from 'keyv';
import type { CacheEngine } from '../cache-engine.js';
import { KeySpace } from '../families/key.js';
import { Envelope, isEnvelope } from './envelope.js';
import { redisFacade } from './redis-facade.js';
import { InProcessKeyv } from './in-process-keyv.js';
import type { RedisStore } from '../stores/redis/redis-store.js';

const SCAN_PAGE = 500;

/**
 * What Nest's `CACHE_MANAGER` is here, for code that expects that interface: cache-manager over the store of
 * cache-manager-ioredis-yet, on the cache's own hardened connection; without Redis, on the in-process store.
 *
 * It is a plain cache with a TTL: no tags, no freshness after a write. What it stores is one string of ours, since the
 * store would revive strings into code; `clear` removes the keys of its namespace alone, since the store would flush
 * the database. A shared tier that is unavailable is a miss.
 */
export function createNestCacheManager(
  engine: CacheEngine,
  { defaultTtlMs }: { readonly defaultTtlMs: number },
): Cache {
  const { space } = engine.cache;
  const redis = engine.redisStore;
  const store = redis === undefined ? new InProcessKeyv() : redisKeyv(redis, space);
  const keyv = new Keyv({ store, ...Envelope, useKeyPrefix: false, throwOnErrors: false } as unknown as KeyvOptions);
  keyv.on('error', () => undefined);
  return namespaced(createCache({ stores: [keyv], ttl: defaultTtlMs }), space);
}

/** The store of cache-manager-ioredis-yet, whose `clear` would be FLUSHDB. */
function redisKeyv(redis: RedisStore, space: KeySpace): KeyvAdapter {
  const adapter = new KeyvAdapter(redisInsStore(redisFacade(redis), { isCacheable: isEnvelope }) as never);
  adapter.clear = async () => {
    let cursor = '0';
    try {
      do {
        const page = await redis.scan(space.nestPrefix, cursor, SCAN_PAGE);
        await redis.deleteKeys(page.keys);
        cursor = page.cursor;
      } while (cursor !== '0');
    } catch {
      // Away: what could not be removed expires by itself.
    }
  };
  return adapter;
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
