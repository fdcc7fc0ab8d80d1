// @ts-check
import { Redis } from 'ioredis';
import { TTL_MS } from './subject.mjs';

/**
 * The client alone: no judgement, no parsing, nothing loaded twice. What it reads was stored by the first read of a key.
 *
 * @typedef {import('./subject.mjs').StartSubject} StartSubject
 */

/** As long as a stamp and an epoch of the product. */
const STAMP = 'A'.repeat(22);
const EPOCH = 'A'.repeat(104);

/** @param {import('./subject.mjs').Setting} setting */
async function open({ redisUrl, run, source }) {
  const redis = new Redis(redisUrl, { lazyConnect: true });
  await redis.connect();
  const epochKey = `bare:${run}:e`;
  await redis.set(epochKey, EPOCH, 'PX', TTL_MS);
  const entryKey = (/** @type {string} */ id) => `bare:${run}:v:thing@1:bench:${id}`;
  const stampKey = (/** @type {string} */ id) => `bare:${run}:t:bench:thing:${id}`;
  return {
    redis,
    entryKey,
    keysOf: (/** @type {readonly string[]} */ ids) => [epochKey, ...ids.flatMap((id) => [entryKey(id), stampKey(id)])],
    store: async (/** @type {string} */ id) => {
      await redis.set(entryKey(id), JSON.stringify(await source.load(id)), 'PX', TTL_MS);
      await redis.set(stampKey(id), STAMP, 'PX', TTL_MS);
    },
    stop: async () => redis.disconnect(),
  };
}

/** One key, as a cache would that does not know whether what it holds is still right. @type {StartSubject} */
export async function startGet(setting) {
  const { redis, entryKey, store, stop } = await open(setting);
  return {
    async readShared(id) {
      const found = await redis.getBuffer(entryKey(id));
      return found ?? store(id);
    },
    async readMany(ids) {
      const found = await redis.mgetBuffer(ids.map(entryKey));
      return found.includes(null) ? Promise.all(ids.map(store)) : found;
    },
    stop,
  };
}

/** As many keys as the product reads: the entry, its stamp, the epoch. @type {StartSubject} */
export async function startMget(setting) {
  const { redis, keysOf, store, stop } = await open(setting);
  return {
    async readShared(id) {
      const found = await redis.mgetBuffer(keysOf([id]));
      return found.includes(null) ? store(id) : found;
    },
    async readMany(ids) {
      const found = await redis.mgetBuffer(keysOf(ids));
      return found.includes(null) ? Promise.all(ids.map(store)) : found;
    },
    stop,
  };
}

/** All callers' keys in one command, put together by nobody: what the wire and the server allow. @type {StartSubject} */
export async function startBatch(setting) {
  const { readMany, stop } = await startMget(setting);
  return { readTogether: readMany, stop };
}
