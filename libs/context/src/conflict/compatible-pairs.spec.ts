import { readFileSync } from 'node:fs';
import { claimsOf, conflictOf } from './rules.js';

interface Pair {
  readonly a: string;
  readonly b: string;
}

const pairs = JSON.parse(
  readFileSync(new URL('../../../../test/e2e/validity/compatible-pairs.json', import.meta.url), 'utf8'),
) as readonly Pair[];

/** Both orders of each. */
const findings = pairs.flatMap(({ a, b }) => {
  const [one, other] = [claimsOf(a), claimsOf(b)];
  const found = [conflictOf(one, other), conflictOf(other, one)].filter((finding) => finding !== undefined);
  return found.length === 0 ? [] : [{ a, b, isExplicit: found.some(({ isExplicit }) => isExplicit) }];
});

describe('similar statements that can both be true', () => {
  it('are never replaced by a rule alone, and proposed in at most 2 % of 500 pairs', () => {
    expect(pairs).toHaveLength(500);
    expect(findings.filter(({ isExplicit }) => isExplicit)).toEqual([]);
    expect(findings.length).toBeLessThanOrEqual(10);
  });
});
