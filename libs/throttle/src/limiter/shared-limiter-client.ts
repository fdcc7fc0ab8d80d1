import type { Redis } from 'ioredis';
import type { CacheEngine } from '#cache';
import { CONSUME } from './gcra-script.js';
import type { LimiterClient } from './limiter-client.js';

type Scripted = Redis & Partial<Pick<LimiterClient, 'ksConsume'>>;

/**
 * Counts over the connections of the cache, for processes that may have no other ones. It fails at once while the cache
 * does without its server. Starting and ending is the cache's.
 */
export function shareCacheConnection(engine: CacheEngine): LimiterClient {
  const command = <Reply>(key: string, send: (redis: Scripted) => Promise<Reply>): Promise<Reply> => {
    const store = engine.redisStore;
    return store === undefined ? Promise.reject(new Error('There is no Redis.')) : store.command(key, send);
  };
  return {
    ksConsume: (keyCount, ...keysAndArguments) =>
      command(String(keysAndArguments[0]), (redis) => consumeOf(redis)(keyCount, ...keysAndArguments)),
    del: async (...keys) => {
      const removed = await Promise.all(keys.map((key) => command(key, (redis) => redis.del(key))));
      return removed.reduce((sum, count) => sum + count, 0);
    },
    connected: () => Promise.resolve(),
    disconnect: () => undefined,
  };
}

/** Each connection learns the script when it is first asked. */
function consumeOf(redis: Scripted): LimiterClient['ksConsume'] {
  if (redis.ksConsume === undefined) redis.defineCommand('ksConsume', CONSUME);
  return (keyCount, ...keysAndArguments) => (redis as Required<Scripted>).ksConsume(keyCount, ...keysAndArguments);
}
