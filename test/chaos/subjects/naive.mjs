// @ts-check
import { Redis } from 'ioredis';
import { Truth } from '#test/chaos/truth.mjs';
import { behaviourOf } from './subject.mjs';

/**
 * Plain get, set and delete, as most hand-written caches are. Known to be stale: what the schedules must find.
 *
 * @type {import('./subject.mjs').StartSubject}
 */
export async function start({ redisUrl, databaseUrl }) {
  const truth = new Truth(databaseUrl);
  const redis = new Redis(redisUrl, {
    commandTimeout: 50,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: (times) => Math.min(times * 50, 500),
  });
  redis.on('error', () => undefined);

  const orNothing = (/** @type {Promise<any>} */ command) => command.catch(() => null);
  const read = async (/** @type {string} */ key) => {
    const found = await orNothing(redis.get(`naive:${key}`));
    if (found !== null) return JSON.parse(found);
    const row = await truth.load(key);
    await orNothing(redis.set(`naive:${key}`, JSON.stringify(row), 'PX', behaviourOf(key).ttlMs));
    return row;
  };
  return {
    read,
    readMany: (keys) => Promise.all(keys.map(read)),
    async write(keys) {
      const rows = await truth.write(keys);
      await orNothing(redis.del(keys.map((key) => `naive:${key}`)));
      return { rows, isConfirmed: true };
    },
    problem: async () => ((await orNothing(redis.ping())) === 'PONG' ? undefined : redis.status),
    isSettled: async () => true,
    async stop() {
      redis.disconnect();
      await truth.close();
    },
  };
}
