// @ts-check

/**
 * @typedef {{ route: string, requests: number, failed: number, p50: number, p95: number, p99: number, max: number, hits: number,
 *   merged: number, possible: number, judged: number }} RouteReport
 */

/** Rows of a report that are sums, the last ones. */
export const SUMS = 3;

/**
 * @param {readonly import('./traffic.mjs').Outcome[]} outcomes
 * @returns {RouteReport[]} a row for each route, and for all reads and all writes
 */
export function reportOf(outcomes) {
  const routes = [...new Set(outcomes.map(({ route }) => route))].toSorted();
  return [
    ...routes.map((route) =>
      rowOf(
        route,
        outcomes.filter((each) => each.route === route),
      ),
    ),
    rowOf(
      'all reads',
      outcomes.filter(({ method }) => method === 'GET'),
    ),
    rowOf(
      'all writes',
      outcomes.filter(({ method }) => method !== 'GET'),
    ),
    rowOf('all', outcomes),
  ];
}

/** @param {string} route @param {readonly import('./traffic.mjs').Outcome[]} outcomes @returns {RouteReport} */
function rowOf(route, outcomes) {
  const sorted = outcomes.map(({ tookMs }) => tookMs).toSorted((a, b) => a - b);
  const at = (/** @type {number} */ share) =>
    Math.round(10 * (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0)) / 10;
  const judged = outcomes.filter(({ isSame }) => isSame !== undefined);
  return {
    route,
    requests: outcomes.length,
    failed: outcomes.filter(({ status }) => status === 0 || status >= 400).length,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    max: at(1),
    hits: outcomes.filter(({ isHit }) => isHit).length,
    merged: outcomes.filter(({ isMerged }) => isMerged).length,
    possible: judged.filter(({ isSame }) => isSame).length,
    judged: judged.length,
  };
}

/**
 * What a request cost.
 *
 * @param {import('./installation.mjs').Usage} before
 * @param {import('./installation.mjs').Usage} after
 * @param {number} requests
 */
export function costOf(before, after, requests) {
  const per = (/** @type {Exclude<keyof import('./installation.mjs').Usage, 'memoryMib'>} */ name) =>
    Math.round((100 * (after[name] - before[name])) / requests) / 100;
  return {
    'statements a request': per('statements'),
    'Redis commands a request, those of scripts included': per('commands'),
    'CPU ms of the servers a request': per('serverMs'),
    'of the worker': per('workerMs'),
    'of PostgreSQL': per('postgresMs'),
    'of Redis': per('redisMs'),
    'memory MiB': after.memoryMib.join(' '),
    'outbox rows left': after.outboxRows,
  };
}

/** @param {RouteReport} row as it is printed */
export function printed({ route, requests, failed, p50, p95, p99, max, hits, merged, possible, judged }) {
  const percent = (/** @type {number} */ part, /** @type {number} */ whole) =>
    whole === 0 ? '' : Math.round((1_000 * part) / whole) / 10;
  return {
    route,
    requests,
    failed,
    'p50 ms': p50,
    'p95 ms': p95,
    'p99 ms': p99,
    'max ms': max,
    'hits %': percent(hits, judged),
    'merged %': percent(merged, judged),
    'possible %': percent(possible, judged),
  };
}
