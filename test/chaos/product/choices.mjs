// @ts-check
import { OPERATIONS } from './operations.mjs';
import { isSilent } from './reading-routes.mjs';
import { placeOf, readingsOf } from './readings.mjs';

/** More writes without an answer than these have too many orders. */
const MOST_UNANSWERED = 3;

/** @typedef {import('./picks.mjs').Picks} Picks */
/** @typedef {import('./readings.mjs').Reading} Reading */

/**
 * @param {import('./known-workspace.mjs').Memory} memory
 * @param {number} operation what to do; where there is nothing to do it to, a context is stored
 * @param {Picks} picks
 * @returns {{ write: import('./write.mjs').Write, tool?: string } | undefined} undefined where too much is unanswered
 */
export function drawWrite(memory, operation, picks) {
  if (memory.states.unanswered >= MOST_UNANSWERED) return undefined;
  for (const chosen of [OPERATIONS[operation], OPERATIONS[0]]) {
    const write = chosen?.draw({ memory, state: memory.states.likely, picks });
    if (chosen !== undefined && write !== undefined) {
      return { write: { route: chosen.route, ...write }, tool: chosen.tool };
    }
  }
  return undefined;
}

/**
 * @param {import('./known-workspace.mjs').Memory} memory
 * @param {Picks} picks
 * @param {readonly string[]} topics
 * @param {number} count
 * @returns {Reading[]} of what a write changes
 */
export function readingsAbout(memory, picks, topics, count) {
  const all = mostlyReporting(picks, readingsOf(memory, memory.states.likely)).filter((reading) =>
    reading.about.some((topic) => topics.includes(topic)),
  );
  // Half of them of the thing itself, where it is known; the rest of its surroundings.
  const own = all.filter((reading) => reading.about.some((topic) => topic.includes(' ') && topics.includes(topic)));
  const chosen = new Set([...picks.some(own, Math.ceil(count / 2)), ...picks.some(all, count)].slice(0, count));
  return [...chosen];
}

/**
 * @param {Reading} a
 * @param {Reading} b
 */
export function isSameReading(a, b) {
  return placeOf(a) === placeOf(b);
}

/**
 * @param {Picks} picks
 * @param {readonly Reading[]} readings
 * @returns {Reading[]} those that say whether they were hits, and one in four of the others
 */
export function mostlyReporting(picks, readings) {
  return readings.filter((reading) => !isSilent(reading) || picks.below(4) === 0);
}

/**
 * @param {import('./write.mjs').Write} write
 * @param {string} key
 */
export function keyed({ call, ignoresKey }, key) {
  return call.method === 'POST' && !ignoresKey ? { key } : {};
}
