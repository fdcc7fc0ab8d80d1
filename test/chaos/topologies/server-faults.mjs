// @ts-check

/** @typedef {import('#test/setup/services/redis.mjs').RedisServer} RedisServer */

/**
 * `kill -9`, and a start without data at the end.
 *
 * @param {RedisServer} server
 */
export async function losePrimary(server) {
  await server.kill();
  return () => server.start();
}

/**
 * Removes about half of the keys, as eviction would: entries, stamps or the epoch, whichever `pick` hits.
 *
 * @param {RedisServer} server
 * @param {number} pick
 */
export async function evictSome(server, pick) {
  const keys = (await server.command('KEYS', '*')).sort();
  const chosen = keys.filter((/** @type {string} */ _key, /** @type {number} */ index) => (pick >> (index % 8)) & 1);
  if (chosen.length === 0) return;
  // One by one: in a Cluster they lie in different slots.
  for (const key of chosen) await server.command('UNLINK', key);
}

/**
 * Refuses everything that needs memory; deletes still work.
 *
 * @param {RedisServer} server
 */
export async function makeFull(server) {
  await server.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
  await server.command('CONFIG', 'SET', 'maxmemory', '1');
  return async () => void (await server.command('CONFIG', 'SET', 'maxmemory', '0'));
}

/**
 * A replica that has lost its primary: it answers reads and refuses writes.
 *
 * @param {RedisServer} server
 */
export async function makeReadOnly(server) {
  await server.command('REPLICAOF', '127.0.0.1', '1');
  return async () => void (await server.command('REPLICAOF', 'NO', 'ONE'));
}

/**
 * A fault that lasts until `happened`, however many steps are played meanwhile.
 *
 * @param {Promise<void>} happened
 * @param {() => Promise<void>} end
 * @returns {() => Promise<void>}
 */
export function whileUnavailable(happened, end) {
  // Reported when the fault is ended; until then it must not be an unhandled rejection.
  happened.catch(() => undefined);
  return async () => {
    try {
      await happened;
    } finally {
      await end();
    }
  };
}
