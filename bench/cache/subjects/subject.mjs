// @ts-check
import { existsSync } from 'node:fs';

/**
 * What is measured: a cache, or the bare client. Each way of reading is left out where the library has none. Every
 * adapter uses its library as the library's own documentation says.
 *
 * @typedef {object} Subject
 * @property {(id: string) => Promise<unknown>} [readLocal] a value that this process holds, for ever right
 * @property {(id: string) => Promise<unknown>} [readShared] a value that Redis holds, loading on a miss
 * @property {(ids: readonly string[]) => Promise<unknown>} [readMany] the same for many at once
 * @property {(ids: readonly string[]) => Promise<unknown>} [readTogether] the reads of all callers in one command
 * @property {Tagged} [tagged]
 * @property {(id: string) => Promise<unknown>} [readVector] of 1,024 dimensions, from Redis, loading on a miss
 * @property {() => Promise<void>} stop
 *
 * @typedef {object} Tagged
 * @property {number} mostTags that one key can carry
 * @property {(ids: readonly string[], tags: readonly string[]) => Promise<unknown>} store
 * @property {(id: string, tags: readonly string[]) => Promise<boolean>} isCached
 * @property {(tag: string) => Promise<unknown>} invalidate
 *
 * @typedef {object} Setting
 * @property {string} redisUrl
 * @property {string} run is in every key, so that they can be distinguished from others' and removed
 * @property {import('../source.mjs').Source} source
 *
 * @typedef {(setting: Setting) => Promise<Subject>} StartSubject
 *
 * @typedef {object} Entrant
 * @property {string} title
 * @property {readonly string[]} [packages] of `peers/` that it is made of
 * @property {() => Promise<StartSubject>} load
 */

/** Long enough that nothing expires within a run. */
export const TTL_MS = 3_600_000;
/** Values that a process may hold. */
export const LOCAL_ENTRIES = 100_000;

const BUNDLED = new URL('../../../dist/bundle/bench-subject.js', import.meta.url);

/** As users run it: from the bundle, which needs no packages. @returns {Promise<typeof import('./keepsake.mjs')>} */
const loadKeepsake = () => (existsSync(BUNDLED) ? import(BUNDLED.href) : import('./keepsake.mjs'));

/** @type {Readonly<Record<string, Entrant>>} */
export const ENTRANTS = {
  keepsake: { title: 'Keepsake', load: async () => (await loadKeepsake()).start },
  'keepsake-kept': {
    title: 'Keepsake, payload kept in process',
    load: async () => (await loadKeepsake()).startKept,
  },
  'bare-get': { title: 'ioredis, GET', load: async () => (await import('./bare.mjs')).startGet },
  'bare-mget': { title: 'ioredis, MGET of three', load: async () => (await import('./bare.mjs')).startMget },
  'bare-batch': {
    title: 'ioredis, one MGET for 64 callers',
    load: async () => (await import('./bare.mjs')).startBatch,
  },
  bentocache: {
    title: 'bentocache',
    packages: ['bentocache'],
    load: async () => (await import('./bentocache.mjs')).start,
  },
  cacheable: {
    title: 'cacheable',
    packages: ['cacheable', '@keyv/redis'],
    load: async () => (await import('./cacheable.mjs')).start,
  },
  'cache-manager': {
    title: 'cache-manager on cache-manager-ioredis-yet',
    packages: ['cache-manager', 'cache-manager-ioredis-yet'],
    load: async () => (await import('./cache-manager.mjs')).start,
  },
  'layered-loader': {
    title: 'layered-loader',
    packages: ['layered-loader'],
    load: async () => (await import('./layered-loader.mjs')).start,
  },
  'async-cache-dedupe': {
    title: 'async-cache-dedupe',
    packages: ['async-cache-dedupe'],
    load: async () => (await import('./async-cache-dedupe.mjs')).start,
  },
};
