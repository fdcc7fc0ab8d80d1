// @ts-check

const SUMS = /** @type {const} */ ([
  'reads',
  'hits',
  'quietReads',
  'quietHits',
  'conditionalReads',
  'notModified',
  'writes',
  'unknownWrites',
  'refusedOldTags',
  'withinException',
  'starvedWaits',
]);

/**
 * @typedef {Record<(typeof SUMS)[number], number> & {
 *   schedules: number, failedSchedules: number, faults: number, longestReadMs: number, longestWriteMs: number,
 *   violations: Partial<Record<import('./judge.mjs').ViolationKind, number>>, called: Record<string, number>
 * }} ProductTotals
 */

/** @returns {ProductTotals} */
export function noTotals() {
  const sums = /** @type {Record<(typeof SUMS)[number], number>} */ (Object.fromEntries(SUMS.map((name) => [name, 0])));
  return {
    ...sums,
    schedules: 0,
    failedSchedules: 0,
    faults: 0,
    longestReadMs: 0,
    longestWriteMs: 0,
    violations: {},
    called: {},
  };
}

/**
 * @param {ProductTotals} totals
 * @param {import('./judge.mjs').Judge} judge of one schedule more
 * @param {number} faults
 */
export function addTo(totals, judge, faults) {
  totals.schedules++;
  totals.faults += faults;
  if (judge.violations.length > 0) totals.failedSchedules++;
  for (const name of SUMS) totals[name] += judge[name];
  totals.longestReadMs = Math.max(totals.longestReadMs, judge.longestReadMs);
  totals.longestWriteMs = Math.max(totals.longestWriteMs, judge.longestWriteMs);
  for (const { kind } of judge.violations) totals.violations[kind] = (totals.violations[kind] ?? 0) + 1;
  for (const [what, count] of judge.called) totals.called[what] = (totals.called[what] ?? 0) + count;
}
