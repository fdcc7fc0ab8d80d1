// @ts-check
import { median } from '../median.mjs';
import { chunksOf } from './key-ring.mjs';

const SAMPLES = 5;
const STORED_AT_ONCE = 500;
const STORE_ATTEMPTS = 10;
/** So many keys are stored once, under all tags of the samples, instead of anew for each. */
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
        for (const chunk of chunksOf(ids, STORED_AT_ONCE)) await tagged.store(chunk, tags);
        const probes = [String(ids[0]), String(ids.at(-1))];
        // A cache does not wait for a server that is busy: one may be missing.
        for (let attempt = 0; attempt < STORE_ATTEMPTS; attempt++) {
          if ((await areCached(tagged, probes, tags)).every(Boolean)) return probes;
          await tagged.store(probes, tags);
        }
        throw new Error('what was stored is not there');
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
 * @param {import('../subjects/subject.mjs').Tagged} tagged
 * @param {readonly string[]} ids
 * @param {readonly string[]} tags
 */
function areCached(tagged, ids, tags) {
  return Promise.all(ids.map((id) => tagged.isCached(id, tags)));
}
