import { LatencyHistogram } from '#observability';

export type CacheTier = 'local' | 'shared';

/** What happened in one family since the process began or the statistics were reset. Plain numbers: they are on the hottest path. */
export class FamilyStats {
  localHits = 0;
  sharedHits = 0;
  /** Served past their expiry, within the family's windows; counted as hits too. */
  staleHits = 0;
  misses = 0;
  /** Calls that went to the source because the cache was off, unavailable, or not to be trusted. */
  bypasses = 0;
  /** Misses that shared another caller's load. */
  coalesced = 0;
  sets = 0;
  deletes = 0;
  errors = 0;
  corrupt = 0;
  lostLeases = 0;
  refreshes = 0;
  drifts = 0;
  driftProbes = 0;
  storedBytes = 0;
  loads = 0;
  savedUsd = 0;
  /** Hits of both tiers by the age of what they were answered with, in tenths of its life. */
  readonly hitAges = new Float64Array(10);
  readonly localLatency = new LatencyHistogram();
  readonly sharedLatency = new LatencyHistogram();
  readonly loadLatency = new LatencyHistogram();
}

/** @param hardMs the life of the entry */
export function noteHitAge(stats: FamilyStats, ageMs: number, hardMs: number): void {
  (stats.hitAges[Math.min(9, Math.floor((10 * ageMs) / hardMs))] as number)++;
}

/** The same, for people and machines outside. */
export interface FamilyStatsReport {
  readonly hits: number;
  readonly localHits: number;
  readonly sharedHits: number;
  readonly misses: number;
  /** Reads that this process did not answer from what it keeps: those of the shared tier's hits and of all misses. */
  readonly localMisses: number;
  /** Reads that reached the shared tier and found nothing there. */
  readonly sharedMisses: number;
  readonly staleHits: number;
  readonly bypasses: number;
  readonly coalesced: number;
  readonly sets: number;
  readonly deletes: number;
  readonly errors: number;
  readonly corrupt: number;
  readonly drifts: number;
  /** Hits of all hits and misses; null before there was any. */
  readonly hitRate: number | null;
  /** The same of each tier, of the reads that reached it. */
  readonly localHitRate: number | null;
  readonly sharedHitRate: number | null;
  /** Bytes written to the shared tier. */
  readonly bytes: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly savedUsd: number;
  /** Hits of both tiers by the age of the entry, in tenths of its life. */
  readonly hitAges: readonly number[];
}

function reportOf(stats: FamilyStats): FamilyStatsReport {
  const hits = stats.localHits + stats.sharedHits;
  const latency = new LatencyHistogram();
  latency.add(stats.localLatency);
  latency.add(stats.sharedLatency);
  return {
    hits,
    localHits: stats.localHits,
    sharedHits: stats.sharedHits,
    misses: stats.misses,
    localMisses: stats.sharedHits + stats.misses,
    sharedMisses: stats.misses,
    staleHits: stats.staleHits,
    bypasses: stats.bypasses,
    coalesced: stats.coalesced,
    sets: stats.sets,
    deletes: stats.deletes,
    errors: stats.errors,
    corrupt: stats.corrupt,
    drifts: stats.drifts,
    ...hitRatesOf(stats),
    bytes: stats.storedBytes,
    p50Ms: latency.quantileMs(0.5) ?? null,
    p99Ms: latency.quantileMs(0.99) ?? null,
    savedUsd: stats.savedUsd,
    hitAges: [...stats.hitAges],
  };
}

export interface CacheStatsReport {
  readonly families: Readonly<Record<string, FamilyStatsReport>>;
  readonly totals: FamilyStatsReport;
  readonly since: string;
}

/** Every family by itself, and all together. @param sinceMs when counting began */
export function reportStats(all: Iterable<readonly [string, FamilyStats]>, sinceMs: number): CacheStatsReport {
  const totals = new FamilyStats();
  const families: Record<string, FamilyStatsReport> = {};
  for (const [name, stats] of all) {
    families[name] = reportOf(stats);
    addStats(totals, stats);
  }
  return { families, totals: reportOf(totals), since: new Date(sinceMs).toISOString() };
}

/** Hits of hits and misses: of both tiers together, and of each of the reads that reached it. */
export function hitRatesOf({
  localHits,
  sharedHits,
  misses,
}: Pick<FamilyStatsReport, 'localHits' | 'sharedHits' | 'misses'>): Pick<
  FamilyStatsReport,
  'hitRate' | 'localHitRate' | 'sharedHitRate'
> {
  return {
    hitRate: shareOf(localHits + sharedHits, misses),
    localHitRate: shareOf(localHits, sharedHits + misses),
    sharedHitRate: shareOf(sharedHits, misses),
  };
}

function shareOf(hits: number, misses: number): number | null {
  return hits + misses === 0 ? null : hits / (hits + misses);
}

/** Adds what one family counted to a sum. */
function addStats(sum: FamilyStats, one: FamilyStats): void {
  for (const key of Object.keys(one) as (keyof FamilyStats)[]) {
    const value = one[key];
    if (typeof value === 'number') (sum[key] as number) += value;
    else if (value instanceof LatencyHistogram) (sum[key] as LatencyHistogram).add(value);
    else value.forEach((count, tenth) => ((sum[key] as Float64Array)[tenth]! += count));
  }
}
