import { type CacheStatsReport, type FamilyStatsReport, hitRatesOf, type ServerState } from '#cache';
import type { LocalTierReport } from './process-reports.js';

const ADDED = [
  'hits',
  'localHits',
  'sharedHits',
  'misses',
  'localMisses',
  'sharedMisses',
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

/** Several processes as one. Counts are added; of the percentiles the slowest process is reported: they can't be added. */
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

/** Servers behind the shared tier as one. */
export interface SharedTierReport {
  readonly bytes: number;
  /** Null where one of them has no limit. */
  readonly maxBytes: number | null;
  /** Keys of anybody. */
  readonly evictions: number;
}

export function sumServers(servers: readonly ServerState[]): SharedTierReport {
  const limits = servers.map(({ limitBytes }) => limitBytes);
  return {
    bytes: sumOf(servers.map(({ usedBytes }) => usedBytes)),
    maxBytes: limits.every((limit) => limit !== undefined) ? sumOf(limits) : null,
    evictions: sumOf(servers.map(({ evictions }) => evictions)),
  };
}

export function sumLocal(tiers: readonly LocalTierReport[]): LocalTierReport {
  const sum = (part: keyof LocalTierReport) => sumOf(tiers.map((tier) => tier[part]));
  return { entries: sum('entries'), bytes: sum('bytes'), maxBytes: sum('maxBytes'), evictions: sum('evictions') };
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function sumFamily(reports: readonly FamilyStatsReport[]): FamilyStatsReport {
  const sum = Object.fromEntries(
    ADDED.map((name) => [name, reports.reduce((total, report) => total + report[name], 0)]),
  ) as Pick<FamilyStatsReport, (typeof ADDED)[number]>;
  return {
    ...sum,
    ...hitRatesOf(sum),
    p50Ms: slowest(reports.map(({ p50Ms }) => p50Ms)),
    p99Ms: slowest(reports.map(({ p99Ms }) => p99Ms)),
    hitAges: Array.from({ length: 10 }, (_, tenth) =>
      reports.reduce((total, { hitAges }) => total + (hitAges[tenth] ?? 0), 0),
    ),
  };
}

function slowest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}
