// @ts-check
import { Redis } from 'ioredis';

/**
 * @typedef {object} BenchServer
 * @property {string} url
 * @property {string} title
 * @property {(pattern: string) => Promise<void>} removeKeys
 * @property {() => Promise<void>} close
 */

/**
 * The server to measure on: a private one without persistence, or the named one, of which nothing but the keys of this
 * run is touched.
 *
 * @param {string | undefined} givenUrl
 * @param {string} run
 * @returns {Promise<BenchServer>}
 */
export async function openServer(givenUrl, run) {
  const own = givenUrl === undefined ? await startOwn() : undefined;
  const url = own?.url ?? String(givenUrl);
  const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null });
  await redis.connect();
  const info = await redis.info('server');
  const [, valkey] = /valkey_version:([\d.]+)/.exec(info) ?? [];
  const [, version] = /redis_version:([\d.]+)/.exec(info) ?? [];
  const removeKeys = async (/** @type {string} */ pattern) => {
    for await (const keys of redis.scanStream({ match: pattern, count: 10_000 })) {
      if (keys.length > 0) await redis.unlink(keys);
    }
  };
  return {
    url,
    title: `${valkey === undefined ? `Redis ${version}` : `Valkey ${valkey}`}${own === undefined ? '' : ' of its own on the same machine'}`,
    removeKeys,
    async close() {
      if (own === undefined) await removeKeys(`*${run}*`);
      redis.disconnect();
      await own?.remove();
    },
  };
}

/** An installed product measures on a given server alone, and has no tests to start one with. */
async function startOwn() {
  const { startRedis } = await import('#test/setup/services/redis.mjs');
  return startRedis();
}
