// @ts-check

/**
 * What the schedules are run on: a cache in front of the source of truth, in a process of its own. Every adapter uses
 * its library as the library's own documentation says.
 *
 * @typedef {object} ChaosSubject
 * @property {(key: string) => Promise<import('#test/chaos/truth.mjs').Row | null>} read through the cache, loading on a miss
 * @property {(keys: readonly string[]) => Promise<(import('#test/chaos/truth.mjs').Row | null)[]>} readMany
 * @property {(keys: readonly string[]) => Promise<Write>} write commits, invalidates, and resolves when the writer may
 *   be answered
 * @property {() => Promise<void>} [clear] drops everything that is cached
 * @property {() => Promise<string | undefined>} problem why the shared tier is not in use; undefined while it is
 * @property {() => Promise<boolean>} isSettled whether nothing is left to be invalidated
 * @property {() => Promise<void>} stop
 *
 * @typedef {object} Write
 * @property {readonly import('#test/chaos/truth.mjs').Row[]} rows
 * @property {boolean} isConfirmed false: answered after the bound, without anybody having confirmed the invalidation
 *
 * @typedef {object} SubjectConfig
 * @property {string} redisUrl
 * @property {string} databaseUrl
 * @property {'single' | 'sentinel' | 'cluster'} topology
 *
 * @typedef {(config: SubjectConfig) => Promise<ChaosSubject>} StartSubject
 */

/**
 * What a family declares, for every cache alike. A schedule's keys take turns: `s12k3` is of the fourth.
 *
 * @typedef {object} Behaviour
 * @property {string} name
 * @property {number} ttlMs
 * @property {number} [staleMs]
 * @property {number} [softTtlMs]
 */

/** @type {readonly Behaviour[]} */
export const BEHAVIOURS = [
  { name: 'plain', ttlMs: 60_000 },
  { name: 'brief', ttlMs: 120 },
  { name: 'stale', ttlMs: 100, staleMs: 2_000 },
  { name: 'early', ttlMs: 60_000, softTtlMs: 60 },
];

/** How long a caller waits for another's load, in every family. */
export const LOAD_TIMEOUT_MS = 400;

/** How long a writer waits for somebody to confirm its invalidation. */
export const INVALIDATION_BOUND_MS = 1_000;

/**
 * @param {string} key
 * @returns {Behaviour}
 */
export function behaviourOf(key) {
  const index = Number(/k(\d+)$/.exec(key)?.[1]);
  return /** @type {Behaviour} */ (BEHAVIOURS[index % BEHAVIOURS.length]);
}

/** @type {Readonly<Record<string, () => Promise<{ start: StartSubject }>>>} */
export const SUBJECTS = {
  keepsake: () => import('./keepsake.mjs'),
  naive: () => import('./naive.mjs'),
  bentocache: () => import('#test/chaos/peers/bentocache.mjs'),
  cacheable: () => import('#test/chaos/peers/cacheable.mjs'),
};

/** What is built here. It must not fail; every other subject must be found stale. */
export const OWN_SUBJECT = 'keepsake';

/** Libraries that are installed on demand. @type {readonly string[]} */
export const PEERS = ['bentocache', 'cacheable'];
