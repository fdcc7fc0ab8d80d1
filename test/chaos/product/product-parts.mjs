// @ts-check
import { requireKnown, SHARES } from '#test/chaos/plan.mjs';
import { TOPOLOGIES } from '#test/chaos/topologies/topology.mjs';
import { CONTROLS } from './controls/controls.mjs';
import { productText } from './product-report.mjs';
import { runProduct } from './product-run.mjs';

const SHRINK_MS = 60_000;
/** Without a mend a handful is enough. */
const MOST_OF_A_CONTROL = 40;

/**
 * Runs schedules of the product on each topology by turns, and then the controls; or on one topology alone. Prints what
 * came of each.
 *
 * @param {object} options
 * @param {string} [options.topology] all by default
 * @param {number} options.schedules shared out among the topologies
 * @param {number} [options.seed] a random one by default
 * @param {string} [options.path] of one schedule alone
 * @param {boolean} [options.isControl] runs the product without each of its mends instead, which must be found
 * @param {number} [options.forMs] ends each part after that long
 * @returns {Promise<{ results: import('./product-run.mjs').ProductResult[], isAsItMustBe: boolean }>}
 */
export async function runProductParts({
  topology,
  schedules,
  seed = Math.trunc(Math.random() * 2 ** 31),
  path,
  forMs,
  isControl = false,
}) {
  requireKnown('topology', topology, TOPOLOGIES);
  if (isControl) return runControls({ topology, schedules, seed, forMs });
  const parts = topology === undefined ? Object.entries(SHARES) : [/** @type {const} */ ([topology, 1])];
  const results = [];
  for (const [on, share] of parts) {
    const count = Math.max(1, Math.round(schedules * share));
    const report = (/** @type {string} */ line) => console.error(line);
    const result = await runProduct({
      topology: on,
      schedules: count,
      seed,
      path,
      forMs,
      shrinkForMs: path === undefined ? SHRINK_MS : 0,
      report,
    });
    results.push(result);
    console.log(productText(result));
  }
  const isAsItMustBe = results.every(
    ({ totals, misses }) => totals.schedules > 0 && totals.failedSchedules === 0 && misses.length === 0,
  );
  if (topology !== undefined) return { results, isAsItMustBe };
  const controls = await runControls({ schedules: MOST_OF_A_CONTROL, seed, forMs });
  return { results: [...results, ...controls.results], isAsItMustBe: isAsItMustBe && controls.isAsItMustBe };
}

/** What a control must show. @type {readonly import('./judge.mjs').ViolationKind[]} */
const WRONG = ['stale', 'lost', 'wrong 304'];

/**
 * @param {{ topology?: string, schedules: number, seed: number, forMs?: number }} options `schedules`: the most of each
 * @returns {ReturnType<typeof runProductParts>}
 */
async function runControls({ topology, schedules, seed, forMs }) {
  const results = [];
  let isAsItMustBe = true;
  for (const { name, module: control, topology: on, steps: stepsOf } of CONTROLS) {
    if (topology !== undefined && topology !== on) continue;
    const played = await runProduct({ topology: on, schedules, seed, forMs, control, stepsOf, until: WRONG });
    const result = { ...played, control: name };
    results.push(result);
    const isFound = WRONG.some((kind) => (result.totals.violations[kind] ?? 0) > 0);
    isAsItMustBe &&= isFound;
    console.log(productText(result));
    console.log(isFound ? '  found' : '  NOT FOUND: the schedules prove nothing');
  }
  return { results, isAsItMustBe: isAsItMustBe && results.length > 0 };
}
