import fc from 'fast-check';
import { semanticWeight } from './boosts.js';
import { type Boosts, NO_BOOSTS } from '../search.js';
import { alone, type ChannelHit, fuse } from './fusion.js';

const hit = (id: string, relevance = 1, boosts: Partial<Boosts> = {}): ChannelHit => ({
  kind: 'context',
  id,
  label: null,
  version: null,
  relevance,
  boosts: { ...NO_BOOSTS, ...boosts },
});
const hits = (...ids: string[]) => ids.map((id, index) => hit(id, 1 / (index + 1)));
const idsOf = (fused: readonly { readonly id: string }[]) => fused.map(({ id }) => id);
const fused = (keyword: ChannelHit[], semantic: ChannelHit[], weight = 0.5) => fuse({ keyword, semantic }, weight);

describe('fuse', () => {
  it('scores 1 what is best everywhere', () => {
    expect(fused(hits('a', 'b'), hits('a', 'c'))[0]).toMatchObject({ id: 'a', score: 1 });
  });

  it('ranks what both know above what one knows as well', () => {
    expect(idsOf(fused([hit('a'), hit('both')], [hit('b'), hit('both')]))[0]).toBe('both');
  });

  it('keeps the order of a channel that is alone', () => {
    expect(idsOf(fused(hits('c', 'b', 'a'), []))).toEqual(['c', 'b', 'a']);
    expect(idsOf(fused([], hits('c', 'b', 'a'), 0.3))).toEqual(['c', 'b', 'a']);
    expect(idsOf(fused([], hits('c', 'b', 'a'), 0))).toEqual(['c', 'b', 'a']);
  });

  it('is a sum of what each channel says, in shares of its best hit', () => {
    const [first, second, third] = fused([hit('a', 20), hit('b', 10)], [hit('c', 0.8), hit('b', 0.6)], 0.3);
    expect(first).toMatchObject({ id: 'a', score: 0.7 });
    expect(second?.id).toBe('b');
    expect(second?.score).toBeCloseTo(0.7 * 0.5 + 0.3 * 0.75, 12);
    expect(third).toMatchObject({ id: 'c', score: 0.3 });
  });

  it.each(['lexical', 'weak'] as const)(
    'never falls below keywords where the embedder is %s: their order stays, and the rest follows',
    (kind) => {
      const ids = fc.uniqueArray(fc.integer({ min: 0, max: 2_000 }).map(String), { minLength: 1, maxLength: 500 });
      const { weight } = semanticWeight(kind);
      fc.assert(
        fc.property(ids, ids, (keyword, semantic) => {
          const all = idsOf(fused(hits(...keyword), hits(...semantic), weight));
          expect(all.slice(0, keyword.length)).toEqual(keyword);
          expect(all.slice(keyword.length)).toEqual(semantic.filter((id) => !keyword.includes(id)));
        }),
      );
    },
  );

  it('splits what a channel gives between its relevance and the boosts', () => {
    const [only] = fused([hit('a', 10, { recency: 0.2, priority: 0.1 })], []);
    expect(only?.scores.keyword).toBeCloseTo((only?.score ?? 0) * (10 / 10.3), 12);
    expect(only?.scores.recency).toBeCloseTo((only?.score ?? 0) * (0.2 / 10.3), 12);
    expect(only?.channels).toEqual({ keyword: { rank: 1, score: 10.299999999999999 } });
  });

  it('gives equal scores in the order of ids, whatever came first', () => {
    expect(idsOf(fused(hits('b'), hits('a')))).toEqual(['a', 'b']);
  });
});

describe('alone', () => {
  it("keeps a channel's own scale", () => {
    expect(alone('semantic', [hit('a', 0.5, { recency: 0.01 })])).toMatchObject([
      { score: 0.51, scores: { semantic: 0.5, recency: 0.01, keyword: 0, priority: 0 } },
    ]);
  });
});
