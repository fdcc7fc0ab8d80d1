// @ts-check
import { stepText } from './schedule.mjs';

/**
 * @param {import('./chaos-run.mjs').ChaosResult} result
 * @returns {string} for people
 */
export function resultText({ subject, topology, seed, durationMs, totals, failure }) {
  const found = Object.entries(totals.violations).map(([kind, count]) => `${count} ${kind}`);
  const lines = [
    `${subject}, ${topology}: ${totals.schedules} schedules in ${(durationMs / 1_000).toFixed(0)} s (seed ${seed})`,
    `  ${totals.reads} reads, ${totals.writes} acknowledged writes (${totals.unconfirmedWrites} unconfirmed within the bound), ${totals.faults} faults`,
    `  ${totals.violations.stale ?? 0} stale reads, ${totals.violations.waited ?? 0} unbounded waits, ${totals.withinException} reads behind within a declared exception`,
    `  longest read ${totals.longestReadMs.toFixed(0)} ms, longest write ${totals.longestWriteMs.toFixed(0)} ms`,
    `  ${totals.failedSchedules} schedules failed${found.length > 0 ? `: ${found.join(', ')}` : ''}`,
  ];
  if (failure) {
    lines.push(
      `  the smallest schedule that fails, after ${failure.shrinks} shrinks:`,
      ...failure.steps.map((step, index) => `    ${String(index + 1).padStart(2)}. ${stepText(step)}`),
      ...failure.violations.map((violation) => `    → ${violation}`),
      `  again: npm run test:chaos -- --subject ${subject} --topology ${topology} --seed ${failure.seed} --path ${failure.path}`,
    );
  }
  return lines.join('\n');
}

/**
 * @param {readonly import('./chaos-run.mjs').ChaosResult[]} results
 * @returns {string} one line on all of them
 */
export function totalText(results) {
  const sum = (/** @type {(result: import('./chaos-run.mjs').ChaosResult) => number} */ of) =>
    results.reduce((total, result) => total + of(result), 0);
  const longestMs = Math.max(...results.map(({ totals }) => Math.max(totals.longestReadMs, totals.longestWriteMs)));
  return [
    `all: ${sum(({ totals }) => totals.schedules)} schedules`,
    `${sum(({ totals }) => totals.reads)} reads`,
    `${sum(({ totals }) => totals.writes)} writes`,
    `${sum(({ totals }) => totals.faults)} faults`,
    `${sum(({ totals }) => totals.violations.stale ?? 0)} stale reads`,
    `longest wait ${longestMs.toFixed(0)} ms`,
  ].join(', ');
}
