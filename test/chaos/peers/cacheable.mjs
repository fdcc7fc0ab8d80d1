import KeyvRedis from '@keyv/redis';
import { Cacheable } from 'cacheable';
import { Keyv } from 'keyv';
import { behaviourOf } from '#test/chaos/subjects/subject.mjs';
import { Truth } from '#test/chaos/truth.mjs';

const CONNECT_TIMEOUT_MS = 200;

/**
 * Cacheable on the shared tier alone: what a process remembers by itself is not held against it. A write deletes the
 * keys after its commit.
 *
 * @type {import('#test/chaos/subjects/subject.mjs').StartSubject}
 */
export async function start({ redisUrl, databaseUrl }) {
  const truth = new Truth(databaseUrl);
  const store = new KeyvRedis(
    { url: redisUrl, disableOfflineQueue: true },
    { throwOnConnectError: false, connectionTimeout: CONNECT_TIMEOUT_MS },
  );
  const { client } = store;
  client.on('error', () => undefined);
  const primary = new Keyv({ store, emitErrors: false });
  const cache = new Cacheable({ primary });
  cache.on('error', () => undefined);

  const read = async (/** @type {string} */ key) => {
    const load = async () => ({ row: await truth.load(key) });
    const found = await cache.getOrSet(key, load, { ttl: behaviourOf(key).ttlMs, throwErrors: 'function' });
    return found?.row ?? null;
  };
  return {
    read,
    readMany: (keys) => Promise.all(keys.map(read)),
    async write(keys) {
      const rows = await truth.write(keys);
      await cache.deleteMany([...keys]);
      return { rows, isConfirmed: true };
    },
    clear: () => cache.clear(),
    async problem() {
      const answer = await store
        .getClient()
        .then(() => client.ping())
        .catch(String);
      return answer === 'PONG' ? undefined : answer;
    },
    isSettled: async () => true,
    async stop() {
      await cache.disconnect();
      await truth.close();
    },
  };
}
