import fc from 'fast-check';
import { semanticWeight } from './boosts.js';
import { alone, type ChannelHit, fuse } from './fusion.js';

const hit = (id: string, relevance = 1, boosts: Partial<ChannelHit> = {}): ChannelHit => ({
  kind: 'context',
  id,
  label: null,
  version: null,
  relevance,
  recency: 0,
  priority: 0,
  ...boosts,
});
const hits = (...ids: string[]) => ids.map((id) => hit(id));
const idsOf = (fused: readonly { readonly id: string }[]) => fused.map(({ id }) => id);
const channels = (keyword: ChannelHit[], semantic: ChannelHit[], weight = 1) => ({
  keyword: { hits: keyword, weight: 1 },
  semantic: { hits: semantic, weight },
});

describe('fuse', () => {
  it('scores 1 what is first everywhere', () => {
    expect(fuse(channels(hits('a', 'b'), hits('a', 'c')))[0]).toMatchObject({ id: 'a', score: 1 });
  });

  it('ranks what both know above what one knows at the same place', () => {
    expect(idsOf(fuse(channels(hits('a', 'both'), hits('b', 'both'))))[0]).toBe('both');
  });

  it('keeps the order of a channel that is alone', () => {
    expect(idsOf(fuse(channels(hits('a', 'b', 'c'), [])))).toEqual(['a', 'b', 'c']);
    expect(idsOf(fuse(channels([], hits('a', 'b', 'c'), 0.3)))).toEqual(['a', 'b', 'c']);
  });

  it('never falls below keywords where the embedder is lexical: their order stays, and the rest follows', () => {
    const ids = fc.uniqueArray(fc.integer({ min: 0, max: 2_000 }).map(String), { minLength: 1, maxLength: 500 });
    const { weight } = semanticWeight(true);
    fc.assert(
      fc.property(ids, ids, (keyword, semantic) => {
        const fused = idsOf(fuse(channels(hits(...keyword), hits(...semantic), weight)));
        expect(fused.slice(0, keyword.length)).toEqual(keyword);
        expect(fused.slice(keyword.length)).toEqual(semantic.filter((id) => !keyword.includes(id)));
      }),
    );
  });

  it('splits what a channel gives between its relevance and the boosts', () => {
    const [only] = fuse(channels([hit('a', 10, { recency: 0.2, priority: 0.1 })], []));
    expect(only?.scores.keyword).toBeCloseTo((only?.score ?? 0) * (10 / 10.3), 12);
    expect(only?.scores.recency).toBeCloseTo((only?.score ?? 0) * (0.2 / 10.3), 12);
    expect(only?.channels).toEqual({ keyword: { rank: 1, score: 10.299999999999999 } });
  });

  it('gives equal scores in the order of ids, whatever came first', () => {
    expect(idsOf(fuse(channels(hits('b'), hits('a'))))).toEqual(['a', 'b']);
  });
});

describe('alone', () => {
  it("keeps a channel's own scale", () => {
    expect(alone('semantic', [hit('a', 0.5, { recency: 0.01 })])).toMatchObject([
      { score: 0.51, scores: { semantic: 0.5, recency: 0.01, keyword: 0, priority: 0 } },
    ]);
  });
});
