import { LRUCache } from 'lru-cache';
import type { Redis } from 'ioredis';
import { type Cache, createCache, KeyvAdapter } from 'cache-manager';
import { redisInsStore } from 'cache-manager-ioredis-yet';
import { Keyv, type KeyvOptions } from 'keyv';
import { Format } from '../codec/codec.js';
import { jsonCodec } from '../codec/json-codec.js';
import type { RedisStore } from '../stores/redis/redis-store.js';
import type { CacheEngine } from '../cache-engine.js';
import { KeySpace } from '../families/key.js';

const PREFIX = 'ks1:';

interface Deserialized {
  value?: unknown;
  expires?: number;
}

/**
 * The one string that goes through a store we did not write: a prefix, the format, and our own JSON. Whatever the store
 * does with strings it takes for code, dates or symbols, it finds none in this one.
 */
const Envelope = {
  serialize(data: Deserialized): string {
    const { format, bytes } = jsonCodec.encode({ value: data.value, expires: data.expires });
    return `${PREFIX}${format}:${bytes.toString('utf8')}`;
  },

  /** Anything that is not such a string is a miss. */
  deserialize(text: unknown): Deserialized | undefined {
    if (!isEnvelope(text)) return undefined;
    const format = text.charCodeAt(PREFIX.length) - 48;
    if (format !== Format.plainJson && format !== Format.taggedJson) return undefined;
    try {
      return jsonCodec.decode(Buffer.from(text.slice(PREFIX.length + 2), 'utf8'), format) as Deserialized;
    } catch {
      return undefined;
    }
  },
};

function isEnvelope(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith(PREFIX);
}

const MAX_ENTRIES = 10_000;
const MAX_BYTES = 16 * 1024 * 1024;

/** A store for Keyv without Redis: strings in this process, bounded. */
class InProcessKeyv {
  private readonly entries = new LRUCache<string, string>({
    max: MAX_ENTRIES,
    maxSize: MAX_BYTES,
    sizeCalculation: (value, key) => value.length * 2 + key.length * 2 + 64,
  });
  opts = {};
  namespace: string | undefined;

  async get(key: string): Promise<string | undefined> {
    return this.entries.get(key);
  }

  async set(key: string, value: string, ttl?: number): Promise<boolean> {
    this.entries.set(key, value, ttl === undefined ? undefined : { ttl });
    return true;
  }

  async delete(key: string): Promise<boolean> {
    return this.entries.delete(key);
  }

  async clear(): Promise<void> {
    this.entries.clear();
  }

  on(): this {
    return this;
  }
}

/**
 * The commands that the store of cache-manager-ioredis-yet sends, behind the gate and breaker of the shared tier. It
 * has no KEYS and no FLUSHDB: whoever asks for them is refused.
 */
function redisFacade(store: RedisStore): Redis {
  const facade = {
    get: (key: string) => store.command(key, (redis) => redis.get(key)),
    set: (key: string, value: string, ...options: (string | number)[]) =>
      store.command(key, (redis) => redis.set(key, value, ...(options as ['PX', number]))),
    mget: (keys: readonly string[]) => Promise.all(keys.map((key) => facade.get(key))),
    del: async (keys: string | readonly string[]) => store.deleteKeys(typeof keys === 'string' ? [keys] : keys),
    mset: (pairs: readonly string[]) =>
      Promise.all(pairs.flatMap((key, i) => (i % 2 === 0 ? [facade.set(key, pairs[i + 1] as string)] : []))),
    pttl: (key: string) => store.command(key, (redis) => redis.pttl(key)),
    multi: () => {
      const queued: (() => Promise<unknown>)[] = [];
      const chain = {
        set: (key: string, value: string, ...options: (string | number)[]) => {
          queued.push(() => facade.set(key, value, ...options));
          return chain;
        },
        exec: () => Promise.all(queued.map((send) => send())),
      };
      return chain;
    },
    keys: () => Promise.reject(new Error('KEYS blocks a server and is not available; use CacheService.')),
    flushdb: () => Promise.reject(new Error("FLUSHDB would delete others' keys and is not available; use clear.")),
  };
  return facade as unknown as Redis;
}

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
