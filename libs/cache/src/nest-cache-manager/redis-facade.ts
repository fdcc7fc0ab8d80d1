import type { Redis } from 'ioredis';
import type { RedisStore } from '../stores/redis/redis-store.js';

/**
 * The commands that the store of cache-manager-ioredis-yet sends, behind the gate and breaker of the shared tier. It
 * has no KEYS and no FLUSHDB: whoever asks for them is refused.
 */
export function redisFacade(store: RedisStore): Redis {
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
