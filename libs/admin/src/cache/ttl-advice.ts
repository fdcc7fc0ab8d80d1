import type { FamilyListing, FamilyStatsReport } from '#cache';

export interface TtlAdvice {
  readonly family: string;
  readonly ttlMs: number;
  readonly advisedTtlMs: number;
  readonly reason: string;
}

/** Fewer reads say nothing, nor do the ages of fewer hits. */
const ENOUGH_READS = 1_000;
const ENOUGH_AGES = 200;
const LOW_HIT_RATE = 0.6;
/** Of the hits, in the last fifth of the entries' life: were they spread evenly, it would be a fifth. */
const MANY_LATE = 0.1;
/** Of the hits, in the second half of the entries' life. */
const FEW_OLD = 0.02;
const LONGEST_MS = 7 * 24 * 3_600_000;

/**
 * TTLs worth a try, from the ages that hits were observed at and from the misses. Where entries are still read when they are
 * about to expire, and many reads miss, a longer life would let more of them hit: writes invalidate at once whatever the
 * TTL, so it is never staler and costs memory alone. Where hardly any hit comes in the second half, that half of the
 * memory is kept for nothing.
 */
export function adviseTtls(
  families: readonly FamilyListing[],
  stats: Readonly<Record<string, FamilyStatsReport>>,
): TtlAdvice[] {
  return families.flatMap(({ name, policy: { ttlMs } }): TtlAdvice[] => {
    const measured = stats[name];
    if (measured === undefined || measured.hitRate === null) return [];
    const { hits, misses, hitRate, hitAges } = measured;
    const aged = sumOf(hitAges);
    if (hits + misses < ENOUGH_READS || aged < ENOUGH_AGES) return [];
    const late = sumOf(hitAges.slice(8)) / aged;
    const old = sumOf(hitAges.slice(5)) / aged;
    if (hitRate < LOW_HIT_RATE && late > MANY_LATE && ttlMs < LONGEST_MS)
      return [
        {
          family: name,
          ttlMs,
          advisedTtlMs: Math.min(ttlMs * 2, LONGEST_MS),
          reason: `${percent(1 - hitRate)} of ${hits + misses} reads miss, and ${percent(late)} of the hits come in the last fifth of an entry's life: a longer one would let more hit`,
        },
      ];
    if (old < FEW_OLD && ttlMs > 1_000)
      return [
        {
          family: name,
          ttlMs,
          advisedTtlMs: Math.max(1_000, Math.floor(ttlMs / 2)),
          reason: `${percent(old)} of ${aged} hits come in the second half of an entry's life: half of it would cost few misses and free memory`,
        },
      ];
    return [];
  });
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}
