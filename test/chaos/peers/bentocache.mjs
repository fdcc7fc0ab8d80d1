import { BentoCache, bentostore } from 'bentocache';
import { redisDriver } from 'bentocache/drivers/redis';
import { Redis } from 'ioredis';
import { behaviourOf, LOAD_TIMEOUT_MS } from '#test/chaos/subjects/subject.mjs';
import { Truth } from '#test/chaos/truth.mjs';

/**
 * Bentocache on the shared tier alone: what a process remembers by itself, and learns late from its bus, is not held
 * against it. A write deletes the keys after its commit.
 *
 * @type {import('#test/chaos/subjects/subject.mjs').StartSubject}
 */
export async function start({ redisUrl, databaseUrl }) {
  const truth = new Truth(databaseUrl);
  const connection = new Redis(redisUrl, {
    commandTimeout: 50,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: (times) => Math.min(times * 50, 500),
  });
  connection.on('error', () => undefined);
  const shared = bentostore().useL2Layer(redisDriver({ connection }));
  const cache = new BentoCache({ default: 'shared', lockTimeout: LOAD_TIMEOUT_MS, stores: { shared } });

  const read = async (/** @type {string} */ key) => {
    const factory = async () => ({ row: await truth.load(key) });
    const { row } = await cache.getOrSet({ key, ttl: behaviourOf(key).ttlMs, factory });
    return row;
  };
  return {
    read,
    readMany: (keys) => Promise.all(keys.map(read)),
    async write(keys) {
      const rows = await truth.write(keys);
      await cache.deleteMany({ keys: [...keys] });
      return { rows, isConfirmed: true };
    },
    clear: () => cache.clear(),
    async problem() {
      const answer = await connection.ping().catch(String);
      return answer === 'PONG' ? undefined : answer;
    },
    isSettled: async () => true,
    async stop() {
      await cache.disconnectAll();
      await truth.close();
    },
  };
}
