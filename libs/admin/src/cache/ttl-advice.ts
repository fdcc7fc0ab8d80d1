import type { FamilyListing, FamilyStatsReport } from '#cache';

export interface TtlAdvice {
  readonly family: string;
  readonly ttlMs: number;
  readonly advisedTtlMs: number;
  readonly reason: string;
}

/** Fewer reads say nothing. */
const ENOUGH_READS = 1_000;
const LOW_HIT_RATE = 0.4;
const HIGH_HIT_RATE = 0.98;
const LONGEST_MS = 7 * 24 * 3_600_000;

/**
 * TTLs worth a try, from what was measured. Writes invalidate at once whatever the TTL, so a longer one is never
 * staler: it costs memory alone. A family that nearly always hits could do with less of it.
 */
export function adviseTtls(
  families: readonly FamilyListing[],
  stats: Readonly<Record<string, FamilyStatsReport>>,
): TtlAdvice[] {
  return families.flatMap(({ name, policy }): TtlAdvice[] => {
    const measured = stats[name];
    if (measured === undefined || measured.hits + measured.misses < ENOUGH_READS || measured.hitRate === null)
      return [];
    const percent = `${Math.round(measured.hitRate * 100)} % of ${measured.hits + measured.misses} reads hit`;
    if (measured.hitRate < LOW_HIT_RATE && policy.ttlMs < LONGEST_MS)
      return [
        {
          family: name,
          ttlMs: policy.ttlMs,
          advisedTtlMs: Math.min(policy.ttlMs * 2, LONGEST_MS),
          reason: `${percent}: a longer life may let more of them hit`,
        },
      ];
    if (measured.hitRate > HIGH_HIT_RATE && measured.sharedHits + measured.localHits > 50 * measured.sets)
      return [
        {
          family: name,
          ttlMs: policy.ttlMs,
          advisedTtlMs: Math.max(1_000, Math.floor(policy.ttlMs / 2)),
          reason: `${percent}, more than 50 times each entry: half the life would cost few misses and free memory`,
        },
      ];
    return [];
  });
}
