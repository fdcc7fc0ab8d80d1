import { belowItsChannels } from '../../bench/retrieval/best-channel.mjs';
import { rankedWithout } from '../../bench/retrieval/parts-of-ranking.mjs';

describe('what the bench of retrieval says of its figures', () => {
  const metrics = (r5: number, r10: number) => ({ 'R@5': r5, 'R@10': r10 });

  it('names the channel that finds more by itself', () => {
    const found = { keyword: metrics(60, 70), semantic: metrics(20, 71), hybrid: metrics(60, 70.5) };
    expect(belowItsChannels('chat', found)).toEqual(['chat: R@10 of hybrid is 70.5, below 71 of semantic']);
  });

  it('has nothing to say of one that is as good, of a rounding, or of channels alone', () => {
    expect(belowItsChannels('chat', { keyword: metrics(60, 70), hybrid: metrics(59.99, 70) })).toEqual([]);
    expect(belowItsChannels('chat', { keyword: metrics(60, 70), semantic: metrics(80, 90) })).toEqual([]);
  });

  it('puts hits in the order that they have without a part', () => {
    const hits: { id: string; score: number; scores: Record<string, number> }[] = [
      { id: 'a', score: 3, scores: { keyword: 1, neighbours: 2 } },
      { id: 'b', score: 2, scores: { keyword: 2.5, neighbours: 0, role: -0.5 } },
    ];
    expect(rankedWithout(hits, 'neighbours').map(({ id }) => id)).toEqual(['b', 'a']);
    expect(rankedWithout(hits, 'role').map(({ id }) => id)).toEqual(['a', 'b']);
  });
});
