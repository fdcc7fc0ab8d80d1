import type { CacheStatsReport, FamilyStatsReport } from '#cache';

const ADDED = [
  'hits',
  'localHits',
  'sharedHits',
  'misses',
  'staleHits',
  'bypasses',
  'coalesced',
  'sets',
  'deletes',
  'errors',
  'corrupt',
  'drifts',
  'bytes',
  'savedUsd',
] as const satisfies readonly (keyof FamilyStatsReport)[];

/** Several processes as one. Counts are added; of the percentiles the slowest process is told: they can't be added. */
export function sumStats(reports: readonly CacheStatsReport[]): CacheStatsReport {
  const names = [...new Set(reports.flatMap(({ families }) => Object.keys(families)))];
  return {
    families: Object.fromEntries(
      names.map((name) => [name, sumFamily(reports.flatMap(({ families }) => families[name] ?? []))]),
    ),
    totals: sumFamily(reports.map(({ totals }) => totals)),
    since: reports.map(({ since }) => since).toSorted()[0] ?? '',
  };
}

function sumFamily(reports: readonly FamilyStatsReport[]): FamilyStatsReport {
  const sum = Object.fromEntries(
    ADDED.map((name) => [name, reports.reduce((total, report) => total + report[name], 0)]),
  ) as Pick<FamilyStatsReport, (typeof ADDED)[number]>;
  const reads = sum.hits + sum.misses;
  return {
    ...sum,
    hitRate: reads === 0 ? null : sum.hits / reads,
    p50Ms: slowest(reports.map(({ p50Ms }) => p50Ms)),
    p99Ms: slowest(reports.map(({ p99Ms }) => p99Ms)),
  };
}

function slowest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}
