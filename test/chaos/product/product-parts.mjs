// @ts-check
import { requireKnown, SHARES } from '../plan.mjs';
import { TOPOLOGIES } from '../topologies/topology.mjs';
import { productText } from './product-report.mjs';
import { runProduct } from './product-run.mjs';

/**
 * Runs schedules of the product on each topology by turns, or on one, and prints what came of each.
 *
 * @param {object} options
 * @param {string} [options.topology] all by default
 * @param {number} options.schedules shared out among the topologies
 * @param {number} [options.seed] a random one by default
 * @param {string} [options.path] of one schedule alone
 * @param {number} [options.forMs] ends each part after that long
 * @returns {Promise<{ results: import('./product-run.mjs').ProductResult[], isAsItMustBe: boolean }>}
 */
export async function runProductParts({
  topology,
  schedules,
  seed = Math.trunc(Math.random() * 2 ** 31),
  path,
  forMs,
}) {
  requireKnown('topology', topology, TOPOLOGIES);
  const parts = topology === undefined ? Object.entries(SHARES) : [/** @type {const} */ ([topology, 1])];
  const results = [];
  for (const [on, share] of parts) {
    const count = Math.max(1, Math.round(schedules * share));
    const report = (/** @type {string} */ line) => console.error(line);
    const result = await runProduct({ topology: on, schedules: count, seed, path, forMs, report });
    results.push(result);
    console.log(productText(result));
  }
  const isAsItMustBe = results.every(
    ({ totals, misses }) => totals.schedules > 0 && totals.failedSchedules === 0 && misses.length === 0,
  );
  return { results, isAsItMustBe };
}
