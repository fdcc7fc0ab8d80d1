// @ts-check
import { OWN_SUBJECT, PEERS, SUBJECTS } from './subjects/subject.mjs';
import { TOPOLOGIES } from './topologies/topology.mjs';

/** Of all schedules. A takeover takes seconds, so a schedule with one costs many of the others. */
export const SHARES = { single: 0.8, sentinel: 0.1, cluster: 0.1 };

/** Another cache is played until it is found stale, which takes a few schedules. */
const CONTROL = 'naive';
const CONTROL_TOPOLOGY = 'single';

/**
 * @typedef {object} Part of a run
 * @property {string} subject
 * @property {string} topology
 * @property {number} schedules
 * @property {boolean} mustBeStale
 * @property {boolean} isPeer a library that is installed on demand
 */

/**
 * What is played: our own cache on every topology and the naive one as the control, or what was asked for.
 *
 * @param {{ schedules: number, peers?: boolean, subject?: string, topology?: string }} options
 * @returns {Part[]}
 * @throws {Error} for a name that there is not
 */
export function planOf({ schedules, peers = false, subject, topology }) {
  requireKnown('subject', subject, SUBJECTS);
  requireKnown('topology', topology, TOPOLOGIES);
  const part = (/** @type {string} */ name, /** @type {string} */ on, /** @type {number} */ count) => ({
    subject: name,
    topology: on,
    schedules: count,
    mustBeStale: name !== OWN_SUBJECT,
    isPeer: PEERS.includes(name),
  });
  const onAll = (/** @type {string} */ name) =>
    topology === undefined
      ? Object.entries(SHARES).map(([on, share]) => part(name, on, Math.max(1, Math.round(schedules * share))))
      : [part(name, topology, schedules)];
  const asControl = (/** @type {string} */ name) => part(name, topology ?? CONTROL_TOPOLOGY, schedules);
  if (subject === OWN_SUBJECT) return onAll(subject);
  if (subject !== undefined) return [asControl(subject)];
  if (peers) return [CONTROL, ...PEERS].map(asControl);
  return [...onAll(OWN_SUBJECT), asControl(CONTROL)];
}

/**
 * @param {string} what
 * @param {string | undefined} name
 * @param {Readonly<Record<string, unknown>>} known
 */
export function requireKnown(what, name, known) {
  if (name !== undefined && !Object.hasOwn(known, name)) {
    throw new Error(`There is no ${what} ${name}; there are ${Object.keys(known).join(', ')}.`);
  }
}
