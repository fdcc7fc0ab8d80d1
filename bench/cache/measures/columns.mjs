// @ts-check

/** Of everything that is repeated until the time is over. @type {readonly import('./measure.mjs').Column[]} */
export const PACE_COLUMNS = [
  { metric: 'perSecond', title: 'a second' },
  { metric: 'perCpuSecond', title: 'a CPU second of the process' },
  { metric: 'loads', title: 'loads' },
];

/**
 * @param {string} title
 * @param {string} entrant
 * @returns {import('./measure.mjs').Column}
 */
export function timesOf(title, entrant) {
  return { metric: 'perSecond', title: `× ${title}`, relativeTo: entrant, digits: 2 };
}
