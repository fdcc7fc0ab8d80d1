// @ts-check
/**
 * The built cache in a process of its own, controlled over IPC: see `child-cache.ts`.
 *
 * @typedef {{ id: number, do: string, args: any[] }} Order
 */
import { CacheEngine, defineFamily, defineTag } from '#cache';
import { SystemClock } from '#kernel';

/** @typedef {{ workspace: string, id: string }} ThingKey */

const thingTag = defineTag('thing', (/** @type {ThingKey} */ { id }) => id);
const things = defineFamily(
  /** @type {any} */ ({
    name: 'thing',
    schemaVersion: 1,
    scope: 'workspace',
    mutable: true,
    key: (/** @type {ThingKey} */ { id }) => id,
    tags: (/** @type {ThingKey} */ of) => [thingTag(of)],
    ttlMs: 60_000,
  }),
);

const engine = new CacheEngine(JSON.parse(String(process.env['CACHE_SETTINGS'])), { clock: new SystemClock() });
const { cache } = engine;
let loads = 0;

/** @type {Record<string, (...args: any[]) => any>} */
const actions = {
  key: (key) => things.entryKey(cache.space, key),
  read: async (key, value, loadMs) =>
    cache.getOrSet(things, key, async () => {
      loads++;
      await new Promise((resolve) => setTimeout(resolve, loadMs));
      return value;
    }),
  readMany: (keys, value, loadMs) =>
    Promise.all(keys.map((/** @type {any} */ key) => actions['read']?.(key, value, loadMs))),
  loads: () => loads,
  write: (key) => cache.invalidate([thingTag(key)]),
  health: () => engine.health(),
  async countForEver() {
    for (let i = 0; ; i++) await cache.increment('w', `counter-${i}`, 1, 60_000);
  },
};

/** @param {Order} order */
async function obey({ id, do: what, args }) {
  try {
    process.send?.({ id, answer: (await actions[what]?.(...args)) ?? null });
  } catch (error) {
    process.send?.({ id, error: String(error) });
  }
}

process.on('message', (order) => void obey(/** @type {Order} */ (order)));
process.on('disconnect', () => process.exit());

await engine.start();
process.send?.({ id: 0 });
