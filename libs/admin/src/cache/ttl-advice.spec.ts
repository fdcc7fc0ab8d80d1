import type { FamilyListing, FamilyStatsReport } from '#cache';
import { adviseTtls } from './ttl-advice.js';

const TTL_MS = 600_000;
const families = [{ name: 'context', policy: { ttlMs: TTL_MS } }] as unknown as FamilyListing[];

/** @param hitAges hits by the age of the entry, in tenths of its life */
const measured = (hits: number, misses: number, hitAges: readonly number[]) => ({
  context: { hits, misses, hitRate: hits / (hits + misses), hitAges } as unknown as FamilyStatsReport,
});
const even = Array<number>(10).fill(100);
const young = [900, 90, 5, 3, 1, 1, 0, 0, 0, 0];

describe('advice on TTLs', () => {
  it('advises a longer life where many reads miss and entries are read to their end', () => {
    const [advice, ...more] = adviseTtls(families, measured(500, 1_500, even));
    expect(more).toEqual([]);
    expect(advice).toMatchObject({ family: 'context', ttlMs: TTL_MS, advisedTtlMs: 2 * TTL_MS });
    expect(advice?.reason).toContain('75 % of 2000 reads miss, and 20 % of the hits');
  });

  it('advises a shorter one where hardly a hit comes late, whatever the hit rate', () => {
    for (const misses of [10, 3_000])
      expect(adviseTtls(families, measured(1_000, misses, young))).toEqual([
        expect.objectContaining({ advisedTtlMs: TTL_MS / 2, reason: expect.stringContaining('0.1 % of 1000 hits') }),
      ]);
  });

  it('says nothing of what is well, of what was hardly read, and of hits whose age nobody saw', () => {
    expect(adviseTtls(families, measured(9_000, 1_000, even))).toEqual([]);
    expect(adviseTtls(families, measured(100, 300, even))).toEqual([]);
    expect(adviseTtls(families, measured(500, 1_500, Array<number>(10).fill(1)))).toEqual([]);
    expect(adviseTtls(families, {})).toEqual([]);
  });
});
