// @ts-check
import { Logger } from '@nestjs/common';
import { CacheEngine, defineFamily, defineTag, float32Codec } from '#cache';
import { SystemClock } from '#kernel';
import { DIMENSIONS } from '../source.mjs';
import { LOCAL_ENTRIES, TTL_MS } from './subject.mjs';

/**
 * @typedef {import('./subject.mjs').StartSubject} StartSubject
 * @typedef {{ workspace: string, id: string }} Key
 * @typedef {Key & { tags: readonly string[] }} TaggedKey
 */

const WORKSPACE = 'bench';
const thingTag = defineTag('thing', (/** @type {Key} */ { id }) => id);
const namedTag = defineTag('named', (/** @type {{ workspace: string, name: string }} */ { name }) => name);

/** @param {string} name */
const tagNamed = (name) => namedTag({ workspace: WORKSPACE, name });

/** What a process answers alone: the key determines the value. */
const digests = defineFamily({
  name: 'digest',
  schemaVersion: 1,
  scope: 'workspace',
  mutable: false,
  key: (/** @type {Key} */ { id }) => id,
  ttlMs: TTL_MS,
});

/** @param {boolean} keepInProcess whether a hit that was read once needs no payload any more, but its stamps and epoch */
const things = (keepInProcess) =>
  defineFamily({
    name: 'thing',
    schemaVersion: 1,
    scope: 'workspace',
    mutable: true,
    key: (/** @type {Key} */ { id }) => id,
    tags: (/** @type {Key} */ of) => [thingTag(of)],
    ttlMs: TTL_MS,
    keepInProcess,
  });

const taggedThings = defineFamily({
  name: 'tagged',
  schemaVersion: 1,
  scope: 'workspace',
  mutable: true,
  key: (/** @type {TaggedKey} */ { id }) => id,
  tags: (/** @type {TaggedKey} */ { id, tags }) => [thingTag({ workspace: WORKSPACE, id }), ...tags.map(tagNamed)],
  ttlMs: TTL_MS,
  keepInProcess: false,
});

const vectors = defineFamily({
  name: 'vector',
  schemaVersion: 1,
  scope: 'workspace',
  mutable: false,
  key: (/** @type {Key} */ { id }) => id,
  ttlMs: TTL_MS,
  codec: float32Codec(DIMENSIONS),
  keepInProcess: false,
});

/** @param {import('./subject.mjs').Setting} setting */
async function startEngine({ redisUrl, run }) {
  Logger.overrideLogger(['error', 'warn']);
  const engine = new CacheEngine(
    { redisUrl, namespace: `ks-${run}`, local: { maxEntries: LOCAL_ENTRIES } },
    { clock: new SystemClock() },
  );
  await engine.start();
  const { problem } = engine.health();
  if (problem !== undefined) throw new Error(problem);
  return engine;
}

/** @param {string} id */
const keyOf = (id) => ({ workspace: WORKSPACE, id });

/** @type {StartSubject} */
export async function start(setting) {
  const { source } = setting;
  const engine = await startEngine(setting);
  const { cache } = engine;
  const family = things(false);
  const loadMany = (/** @type {readonly Key[]} */ missing) => Promise.all(missing.map(({ id }) => source.load(id)));
  const loadSmall = (/** @type {readonly Key[]} */ missing) =>
    Promise.all(missing.map(({ id }) => source.loadSmall(id)));
  return {
    readLocal: (id) => cache.getOrSet(digests, keyOf(id), () => source.load(id)),
    readShared: (id) => cache.getOrSet(family, keyOf(id), () => source.load(id)),
    readMany: (ids) => cache.getMany(family, ids.map(keyOf), loadMany),
    tagged: {
      mostTags: 5,
      store: (ids, tags) =>
        cache.getMany(
          taggedThings,
          ids.map((id) => ({ ...keyOf(id), tags })),
          loadSmall,
        ),
      isCached: (id, tags) => cache.has(taggedThings, { ...keyOf(id), tags }),
      invalidate: (tag) => cache.invalidate([tagNamed(tag)]),
    },
    readVector: (id) => cache.getOrSet(vectors, keyOf(id), () => source.loadVector(id)),
    stop: () => engine.stop(),
  };
}

/** The same for values that the process keeps: as fresh, but only stamps and epoch cross the wire. @type {StartSubject} */
export async function startKept(setting) {
  const { source } = setting;
  const engine = await startEngine(setting);
  const { cache } = engine;
  const family = things(true);
  const loadMany = (/** @type {readonly Key[]} */ missing) => Promise.all(missing.map(({ id }) => source.load(id)));
  return {
    readShared: (id) => cache.getOrSet(family, keyOf(id), () => source.load(id)),
    readMany: (ids) => cache.getMany(family, ids.map(keyOf), loadMany),
    stop: () => engine.stop(),
  };
}
