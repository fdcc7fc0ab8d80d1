// @ts-check
import { DIMENSIONS } from './source.mjs';
import { figureOf, medianOf } from './summary.mjs';

/**
 * @typedef {object} Goal
 * @property {string} text
 * @property {number} [value] absent: not measured
 * @property {boolean} [isMet]
 */

const US = 'keepsake';
const RIVALS = ['bentocache', 'cacheable', 'cache-manager', 'layered-loader'];
/** Beyond this, two times are not the same any more. */
const SAME_TIME = 2;

/**
 * What the product must reach, and whether it did in this run.
 *
 * @param {import('./summary.mjs').Results} results
 * @returns {Goal[]}
 */
export function goalsOf(results) {
  const our = (/** @type {string} */ measure, /** @type {string} */ metric) => figureOf(results, measure, US, metric);
  const times = (/** @type {string} */ measure, /** @type {string} */ entrant) =>
    medianOf(results, measure, US, { metric: 'perSecond', title: '', relativeTo: entrant });
  const hits = ['shared-hit-1', 'shared-hit-64'].flatMap((measure) => {
    const callers = measure === 'shared-hit-1' ? 'one caller' : '64 callers';
    const toRivals = RIVALS.map((rival) => times(measure, rival)).filter((value) => value !== undefined);
    return [
      atLeast(
        `hit from Redis, ${callers}: × bare MGET of as many keys, at least 0.9`,
        times(measure, 'bare-mget'),
        0.9,
      ),
      atLeast(
        `hit from Redis, ${callers}: × the fastest of ${RIVALS.join(', ')}, above 1`,
        toRivals.length === RIVALS.length ? Math.min(...toRivals) : undefined,
        1,
      ),
    ];
  });
  const invalidations = [10, 1_000, 1_000_000].map((keys) => {
    const measure = `tag-invalidation-${keys}`;
    return atMost(
      `invalidation of a tag with ${keys.toLocaleString('en')} keys: commands, 1`,
      our(measure, 'commands'),
      1,
    );
  });
  const quick = our('tag-invalidation-10', 'microseconds');
  const late = our('tag-invalidation-1000000', 'microseconds');
  const most = 4 * DIMENSIONS + 256;
  return [
    atLeast('hit in process, immutable family: a second, at least 1,000,000', our('local-hit', 'perSecond'), 1e6),
    ...hits,
    atMost('stampede: loads, 1', our('stampede', 'loads'), 1),
    ...invalidations,
    atMost(
      `invalidation of a tag with 1,000,000 keys: × the time of 10, at most ${SAME_TIME}`,
      quick === undefined || late === undefined ? undefined : late / quick,
      SAME_TIME,
    ),
    atMost(`vector in Redis: bytes, at most ${most.toLocaleString('en')}`, our('vector-reads', 'bytes'), most),
  ];
}

/**
 * @param {string} text
 * @param {number | undefined} value
 * @param {number} limit
 * @returns {Goal}
 */
function atLeast(text, value, limit) {
  return { text, value, isMet: value === undefined ? undefined : value >= limit };
}

/**
 * @param {string} text
 * @param {number | undefined} value
 * @param {number} limit
 * @returns {Goal}
 */
function atMost(text, value, limit) {
  return { text, value, isMet: value === undefined ? undefined : value <= limit };
}
