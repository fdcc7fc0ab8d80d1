// @ts-check
import { stepText } from '#test/chaos/schedule.mjs';

/**
 * @param {import('./product-run.mjs').ProductResult} result
 * @returns {string} for people
 */
export function productText({ topology, seed, durationMs, totals, failures, misses, rest, control }) {
  const found = Object.entries(totals.violations).map(([kind, count]) => `${count} ${kind}`);
  const lines = [
    `product${control === undefined ? '' : ` without the mend of ${control}`}, ${topology}: ${totals.schedules} schedules in ${(durationMs / 1_000).toFixed(0)} s (seed ${seed})`,
    `  ${totals.reads} checked reads, ${totals.hits} hits (${share(totals)} of those in quiet times), ${totals.conditionalReads} with an old tag, ${totals.notModified} answered 304`,
    `  ${totals.writes} acknowledged writes, ${totals.unknownWrites} without an answer, ${totals.refusedOldTags} refused for an old tag, ${totals.faults} faults`,
    `  ${totals.withinException} reads behind within the declared exception`,
    `  longest read ${totals.longestReadMs.toFixed(0)} ms, longest write ${totals.longestWriteMs.toFixed(0)} ms, ${totals.starvedWaits} beyond the bound for want of a processor`,
    `  ${totals.failedSchedules} schedules failed${found.length > 0 ? `: ${found.join(', ')}` : ''}`,
    `  without traffic: ${rest.before.transactionsASecond.toFixed(1)} transactions a second before, ${rest.after.transactionsASecond.toFixed(1)} after; ${memoryText(rest.before)} before, ${memoryText(rest.after)} after`,
    ...misses.map((miss) => `  ${miss}`),
  ];
  for (const { path, smallest, violations } of failures.slice(0, 3)) {
    lines.push(
      `  schedule ${path}:`,
      ...smallest.map((step, index) => `    ${String(index + 1).padStart(2)}. ${stepText(/** @type {any} */ (step))}`),
      ...violations.slice(0, 5).map(({ kind, text }) => `    → ${kind}: ${text}`),
      ...(control === undefined
        ? [`  again: npm run test:chaos -- --product --topology ${topology} --seed ${seed} --path ${path}`]
        : []),
    );
  }
  return lines.join('\n');
}

/** @param {import('./aftermath.mjs').Rest} rest */
function memoryText({ memoryMb }) {
  return `${Object.values(memoryMb).join(', ')} MB`;
}

/** @param {import('./product-totals.mjs').ProductTotals} totals */
function share({ quietReads, quietHits }) {
  return `${Math.round((100 * quietHits) / Math.max(1, quietReads))} %`;
}
