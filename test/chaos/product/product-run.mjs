// @ts-check
import fc from 'fast-check';
import { OPERATIONS } from './operations.mjs';
import { ScheduleRun } from './schedule-run.mjs';
import { productSchedules } from './product-schedule.mjs';
import { buildEnvironment } from './product-environment.mjs';
import { addTo, noTotals } from './product-totals.mjs';
import { smallestFailing } from './shrink-schedule.mjs';
import { lingering, measureRest } from './aftermath.mjs';
import { neverCalled, uncovered } from './coverage.mjs';

const SIZE = 7;
/** Of a schedule that takes longer. */
const REPORT_EVERY_MS = 60_000;
/** In so many every line of the tables has its turn. */
const MANY_SCHEDULES = 200;
/** A walk that hardly hits proves nothing of the cache: of its reads while nothing is disturbed. */
const LEAST_HIT_SHARE = 1 / 3;

/**
 * @typedef {object} ProductOptions
 * @property {string} topology
 * @property {number} schedules how many
 * @property {number} seed
 * @property {string} [path] of one schedule, as the report names it: runs that one alone
 * @property {(round: number) => import('./product-schedule.mjs').Step[]} [stepsOf] instead of what the generator draws
 * @property {string} [control] the address of a module that takes a mend out of the product
 * @property {readonly import('./judge.mjs').ViolationKind[]} [until] ends at the first of these
 * @property {number} [shrinkForMs] how long the first schedule that fails is made smaller; not at all by default
 * @property {number} [forMs] ends the run after that long
 * @property {(line: string) => void} [report]
 *
 * @typedef {object} ProductResult
 * @property {string} topology
 * @property {number} seed
 * @property {string} [control] which mend was taken out
 * @property {number} durationMs
 * @property {import('./product-totals.mjs').ProductTotals} totals
 * @property {{ path: string, smallest: readonly import('./product-schedule.mjs').Step[],
 *   steps: readonly import('./product-schedule.mjs').Step[],
 *   violations: readonly import('./judge.mjs').Violation[] }[]} failures
 * @property {{ before: import('./aftermath.mjs').Rest, after: import('./aftermath.mjs').Rest }} rest without traffic
 * @property {readonly string[]} misses why the run proves too little, where it does
 */

/**
 * Runs schedules on the product, one after the other on one environment: what a schedule kills is started again, and each has
 * workspaces of its own.
 *
 * @param {ProductOptions} options
 * @returns {Promise<ProductResult>}
 */
export async function runProduct(options) {
  const { topology, schedules, seed, path, stepsOf, control, until, forMs, shrinkForMs = 0 } = options;
  const { report = () => undefined } = options;
  const environment = await buildEnvironment({ topology, control });
  const startedMs = performance.now();
  const totals = noTotals();
  /** @type {ProductResult['failures']} */
  const failures = [];
  try {
    const before = await measureRest(environment);
    const arbitrary = productSchedules({
      operations: OPERATIONS.length,
      sessionStart: OPERATIONS.findIndex(({ route }) => route === 'POST /v1/sessions'),
      sessionWork: OPERATIONS.flatMap(({ route }, index) => (route.includes('/v1/sessions/{id}') ? [index] : [])),
      serverFaults: Object.keys(environment.serverFaults),
      // A failover takes seconds.
      serverFaultWeight: topology === 'single' ? 2 : 1,
      size: SIZE,
    });
    const count = path === undefined ? schedules : Number(path) + 1;
    const drawn =
      stepsOf === undefined
        ? fc.sample(arbitrary, { seed, numRuns: count })
        : Array.from({ length: count }, (_, round) => stepsOf(round));
    for (const [index, steps] of drawn.entries()) {
      if (path !== undefined && index !== Number(path)) continue;
      if (forMs !== undefined && performance.now() - startedMs > forMs) break;
      const schedule = new ScheduleRun(environment, `s${seed}-${index}`);
      const watch = setInterval(() => report(`schedule ${index} is at ${schedule.at}`), REPORT_EVERY_MS);
      const { judge, faults } = await schedule.run(steps).finally(() => clearInterval(watch));
      addTo(totals, judge, faults);
      for (const { kind, text } of judge.violations) report(`schedule ${index}: ${kind}: ${text}`);
      if (judge.violations.length > 0) {
        const kinds = new Set(judge.violations.map(({ kind }) => kind));
        let attempt = 0;
        const fails = async (/** @type {readonly import('./product-schedule.mjs').Step[]} */ fewer) => {
          const again = await new ScheduleRun(environment, `s${seed}-${index}-${++attempt}`).run(fewer);
          return again.judge.violations.some(({ kind }) => kinds.has(kind));
        };
        const smallest = failures.length > 0 ? steps : await smallestFailing(steps, fails, shrinkForMs);
        failures.push({ path: String(index), steps, smallest, violations: judge.violations });
      }
      if (totals.schedules % 20 === 0)
        report(`${totals.schedules} schedules, ${totals.reads} reads, ${totals.hits} hits`);
      if (judge.violations.some(({ kind }) => until?.includes(kind))) break;
    }
    const after = await measureRest(environment);
    const misses = [
      ...(await uncovered(environment)),
      ...(totals.schedules < MANY_SCHEDULES ? [] : neverCalled(totals.called)),
      ...rareHits(totals),
      ...lingering(before, after),
    ];
    return {
      topology,
      seed,
      durationMs: performance.now() - startedMs,
      totals,
      failures,
      misses,
      rest: { before, after },
    };
  } finally {
    await environment.remove();
  }
}

/** @param {import('./product-totals.mjs').ProductTotals} totals */
function rareHits({ quietReads, quietHits }) {
  if (quietHits >= quietReads * LEAST_HIT_SHARE) return [];
  return [`of ${quietReads} reads while nothing was disturbed only ${quietHits} were hits`];
}
