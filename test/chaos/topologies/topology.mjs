// @ts-check

/**
 * The servers of the shared tier, and what can happen to them.
 *
 * @typedef {object} Topology
 * @property {string} url as REDIS_URL names it
 * @property {readonly number[]} ports of the servers that actors reach through proxies
 * @property {Readonly<Record<string, ServerFault>>} faults
 * @property {ServerFault} [returnOfPrimary] beside those, where the servers can do it
 * @property {() => readonly import('#test/setup/services/redis.mjs').RedisServer[]} servers
 * @property {() => Promise<void>} settle returns when all servers run and are in step, after the faults are over
 * @property {() => Promise<void>} remove
 *
 * A fault that lasts answers how it ends. `node` chooses one of several servers, `pick` what else there is to choose.
 *
 * @typedef {(choice: { node: number, pick: number }) => Promise<(() => Promise<void>) | void>} ServerFault
 *
 * @typedef {() => Promise<Topology>} StartTopology
 */

/** @type {Readonly<Record<string, () => Promise<{ start: StartTopology }>>>} */
export const TOPOLOGIES = {
  single: () => import('./single.mjs'),
  sentinel: () => import('./sentinel.mjs'),
  cluster: () => import('./cluster.mjs'),
};
