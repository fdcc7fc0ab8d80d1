// @ts-check
import { MEASURES } from './measures/measure.mjs';
import { ENTRANTS } from './subjects/subject.mjs';
import { medianOf } from './summary.mjs';

/**
 * @typedef {object} Report
 * @property {string} date
 * @property {string} machine
 * @property {Readonly<Record<string, string>>} versions by package
 * @property {{ rounds: number, seconds: number }} options
 * @property {{ before: number, rounds: readonly number[] }} load
 * @property {readonly import('./goals.mjs').Goal[]} goals
 * @property {readonly import('./series.mjs').Failure[]} failures
 */

/** Above this load figures are not to be quoted. */
const QUIET = 1;

/**
 * Tables in Markdown, for people.
 *
 * @param {Report} report
 * @param {import('./summary.mjs').Results} results
 */
export function reportText(report, results) {
  const { date, machine, versions, options, load, goals, failures } = report;
  const lines = [
    `${date}, ${machine}. ${options.rounds} rounds of ${options.seconds} s, interleaved; medians.`,
    `Load before: ${load.before.toFixed(2)}${load.before >= QUIET ? ', above 1: do not quote these figures' : ''}. At the beginning of each round, the benchmark's own work included: ${load.rounds.map((one) => one.toFixed(2)).join(', ')}.`,
    `Versions: ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}.`,
  ];
  for (const [name, byEntrant] of results) {
    const { title = name, columns = [] } = MEASURES[name] ?? {};
    const rows = Object.keys(ENTRANTS)
      .filter((entrant) => byEntrant.has(entrant))
      .map((entrant) => [
        ENTRANTS[entrant]?.title ?? entrant,
        ...columns.map((column) => numberText(medianOf(results, name, entrant, column), column.digits)),
      ]);
    lines.push('', `### ${title}`, '', ...table(['', ...columns.map((column) => column.title)], rows));
  }
  lines.push('', '### Goals', '', ...table(['', 'measured', ''], goals.map(goalRow)));
  if (failures.length > 0) lines.push('', '### Not measured', '', ...failures.map(failureLine));
  return `${lines.join('\n')}\n`;
}

/** @param {import('./goals.mjs').Goal} goal */
function goalRow({ text, value, isMet }) {
  const verdict = isMet === undefined ? 'not measured' : isMet ? 'met' : '**missed**';
  return [text, numberText(value, value !== undefined && value < 100 ? 2 : 0), verdict];
}

/** @param {import('./series.mjs').Failure} failure */
function failureLine({ entrant, measure, reason }) {
  const what = measure === undefined ? '' : ` (${MEASURES[measure]?.title ?? measure})`;
  return `- ${ENTRANTS[entrant]?.title ?? entrant}${what}: ${reason}`;
}

/**
 * @param {number | undefined} value
 * @param {number} [digits]
 */
function numberText(value, digits = 0) {
  if (value === undefined || Number.isNaN(value)) return '–';
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/**
 * @param {readonly string[]} heads
 * @param {readonly (readonly string[])[]} rows
 */
function table(heads, rows) {
  const widths = heads.map((head, i) => Math.max(3, head.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (/** @type {readonly string[]} */ cells) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`;
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(heads), `| ${rule.join(' | ')} |`, ...rows.map(line)];
}
