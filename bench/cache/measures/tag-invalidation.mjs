// @ts-check
import { setTimeout as pause } from 'node:timers/promises';
import { median } from '../../median.mjs';
import { chunksOf } from './key-ring.mjs';

const SAMPLES = 5;
const STORED_AT_ONCE = 100;
const STORE_ATTEMPTS = 20;
const RETRY_MS = 100;
/** So many keys are stored once, under all tags of the samples, instead of once for each. */
const MANY = 100_000;

/**
 * @param {number} keys
 * @returns {import('./measure.mjs').Measure}
 */
export function tagInvalidation(keys) {
  return {
    title: `Invalidation of a tag with ${keys.toLocaleString('en')} keys`,
    columns: [
      { metric: 'microseconds', title: 'microseconds' },
      { metric: 'commands', title: 'commands' },
    ],
    isOnce: keys >= MANY,
    suits: ({ tagged }) => tagged !== undefined,
    async run({ subject, token, commandsOf }) {
      const tagged = /** @type {import('../subjects/subject.mjs').Tagged} */ (subject.tagged);
      const samples = keys >= MANY ? Math.min(SAMPLES, tagged.mostTags) : SAMPLES;
      const allTags = Array.from({ length: samples }, (_, i) => `${token}-tag-${i}`);
      const store = async (/** @type {string} */ prefix, /** @type {readonly string[]} */ tags) => {
        const ids = Array.from({ length: keys }, (_, i) => `${prefix}-${i}`);
        for (const chunk of chunksOf(ids, STORED_AT_ONCE)) await storeAll(tagged, chunk, tags);
        return [String(ids[0]), String(ids.at(-1))];
      };
      let probes = keys >= MANY ? await store(token, allTags) : [];
      /** @type {number[]} */
      const times = [];
      const commands = [];
      for (const tag of allTags) {
        const tags = keys >= MANY ? allTags : [tag];
        if (keys < MANY) probes = await store(tag, tags);
        commands.push(
          await commandsOf(async () => {
            const startMs = performance.now();
            await tagged.invalidate(tag);
            times.push(1_000 * (performance.now() - startMs));
          }),
        );
        if ((await areCached(tagged, probes, tags)).some(Boolean))
          throw new Error('what was invalidated is still there');
      }
      return { microseconds: median(times), commands: median(commands) };
    },
  };
}

/**
 * A cache does not wait for a server that is busy: what it did not store is stored again, until all is there.
 *
 * @param {import('../subjects/subject.mjs').Tagged} tagged
 * @param {readonly string[]} ids
 * @param {readonly string[]} tags
 */
async function storeAll(tagged, ids, tags) {
  let missing = ids;
  for (let attempt = 0; attempt < STORE_ATTEMPTS; attempt++) {
    await tagged.store(missing, tags);
    const cached = await areCached(tagged, missing, tags);
    missing = missing.filter((_, i) => cached[i] !== true);
    if (missing.length === 0) return;
    await pause(RETRY_MS);
  }
  throw new Error('what was stored is not there');
}

/**
 * @param {import('../subjects/subject.mjs').Tagged} tagged
 * @param {readonly string[]} ids
 * @param {readonly string[]} tags
 */
function areCached(tagged, ids, tags) {
  return Promise.all(ids.map((id) => tagged.isCached(id, tags)));
}
