// @ts-check
import { setTimeout as pause } from 'node:timers/promises';

export const DIMENSIONS = 1_024;
/** How long the load of an id takes that `slowId` made. */
export const SLOW_LOAD_MS = 200;
const SLOW = 'slow-';

/**
 * @typedef {object} Thing about 300 bytes as JSON
 * @property {string} id
 * @property {string} label
 * @property {number} version
 * @property {string} createdAt
 * @property {readonly string[]} topics
 * @property {string} content
 */

/** @param {string} id */
export function slowId(id) {
  return SLOW + id;
}

/**
 * @param {string} id
 * @returns {Thing}
 */
function thingOf(id) {
  return {
    id,
    label: `notes/${id}`,
    version: 7,
    createdAt: '2026-01-01T00:00:00.000Z',
    topics: ['cache', 'freshness', 'agents'],
    content: 'What was decided, by whom and why, in the words of those who were there. '.repeat(2),
  };
}

/**
 * A unit vector, as models of embeddings give them; the same for the same seed.
 *
 * @param {number} seed
 */
function vectorOf(seed) {
  let state = seed;
  const numbers = Array.from({ length: DIMENSIONS }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  });
  const length = Math.hypot(...numbers);
  return Float32Array.from(numbers, (number) => number / length);
}

/** Made before anything is measured. */
const VECTORS = Array.from({ length: 16 }, (_, seed) => vectorOf(seed));

/** What is cached. It counts how often it is asked. */
export class Source {
  loads = 0;

  /**
   * @param {string} id
   * @returns {Promise<Thing>}
   */
  load = async (id) => {
    this.loads++;
    if (id.startsWith(SLOW)) await pause(SLOW_LOAD_MS);
    return thingOf(id);
  };

  /**
   * A small value, for keys by the million.
   *
   * @param {string} id
   */
  loadSmall = async (id) => {
    this.loads++;
    return { id };
  };

  /** @param {string} _id */
  loadVector = async (_id) => {
    this.loads++;
    return /** @type {Float32Array} */ (VECTORS[this.loads % VECTORS.length]);
  };
}
