// @ts-check
import { median } from '../median.mjs';
import { MEASURES } from './measures/measure.mjs';

/**
 * @typedef {import('./measures/measure.mjs').Figures} Figures
 * @typedef {import('./measures/measure.mjs').Column} Column
 * @typedef {Map<string, Map<string, (Figures | undefined)[]>>} Results
 */

/**
 * The median over the rounds. What is relative is divided round by round, so that a busy moment counts on both sides.
 *
 * @param {Results} results
 * @param {string} measure
 * @param {string} entrant
 * @param {Column} column
 * @returns {number | undefined} undefined where it was not measured
 */
export function medianOf(results, measure, entrant, { metric, relativeTo }) {
  const rounds = results.get(measure)?.get(entrant) ?? [];
  const baseline = relativeTo === undefined ? undefined : (results.get(measure)?.get(relativeTo) ?? []);
  const values = rounds.flatMap((figures, round) => {
    const value = figures?.[metric];
    if (value === undefined) return [];
    if (baseline === undefined) return [value];
    const base = baseline[round]?.[metric];
    return base === undefined ? [] : [value / base];
  });
  return values.length === 0 ? undefined : median(values);
}

/**
 * @param {Results} results
 * @param {string} measure
 * @param {string} entrant
 * @param {string} metric
 */
export function figureOf(results, measure, entrant, metric) {
  return medianOf(results, measure, entrant, { metric, title: '' });
}

/**
 * Everything, for programs.
 *
 * @param {Results} results
 */
export function resultsAsJson(results) {
  return Object.fromEntries(
    [...results].map(([measure, byEntrant]) => {
      const { title = measure, columns = [] } = MEASURES[measure] ?? {};
      const entrants = [...byEntrant].map(([entrant, rounds]) => {
        const medians = columns.map((column) => [
          column.relativeTo === undefined ? column.metric : `${column.metric} / ${column.relativeTo}`,
          medianOf(results, measure, entrant, column) ?? null,
        ]);
        return [entrant, { median: Object.fromEntries(medians), rounds }];
      });
      return [measure, { title, entrants: Object.fromEntries(entrants) }];
    }),
  );
}
