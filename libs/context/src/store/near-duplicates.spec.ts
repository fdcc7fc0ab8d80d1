import type { ContextId } from '#kernel';
import { fingerprintOf, nearest, similarity, type SimilarityCandidate } from './near-duplicates.js';

const words = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `word${from + index}`);
const likeness = (a: string, b: string) => similarity(fingerprintOf(a).signature, fingerprintOf(b).signature);
const share = (a: string, b: string) => fingerprintOf(a).bands.filter((band) => fingerprintOf(b).bands.includes(band));

describe('fingerprintOf', () => {
  it('T13 is the same in every process', () => {
    const { signature, bands } = fingerprintOf('The quick brown fox jumps over the lazy dog.');
    expect(signature).toHaveLength(128);
    expect(signature.subarray(0, 8).toString('hex')).toBe('3793e584974158ad');
    expect(bands[0]).toBe(7680424363614881278n);
    expect(bands).toHaveLength(10);
  });

  it('is deaf to letter case, punctuation and white space', () => {
    expect(likeness('Deploy, on MONDAYS only!', 'deploy on\n\nmondays - only')).toBe(1);
  });

  it.each([0.3, 0.5, 0.8, 0.95])('estimates a similarity of about %d', (wanted) => {
    const size = 1_000;
    const common = Math.round((2 * size * wanted) / (1 + wanted));
    const a = [...words(common), ...words(size - common, 10_000)].join(' ');
    const b = [...words(common), ...words(size - common, 20_000)].join(' ');
    expect(Math.abs(likeness(a, b) - wanted)).toBeLessThan(0.12);
  });

  it('meets near-duplicates in a band, and not texts that have nothing in common', () => {
    const text = words(300);
    const nearly = text.with(150, 'other').join(' ');
    expect(share(text.join(' '), nearly).length).toBeGreaterThan(0);
    expect(share(text.join(' '), words(300, 5_000).join(' '))).toEqual([]);
  });

  it('distinguishes texts without any word, and of any script', () => {
    expect(likeness('!!!', '???')).toBeLessThan(0.2);
    expect(likeness('会話の履歴を保存する', '会話の履歴を保存する。')).toBe(1);
    expect(likeness('会話の履歴を保存する', 'キャッシュを無効にする')).toBeLessThan(0.3);
  });
});

describe('nearest', () => {
  const text = words(200).join(' ');
  const candidate = (id: string, content: string, sameText = false): SimilarityCandidate => ({
    id: id as ContextId,
    label: id,
    version: 1,
    signature: fingerprintOf(content).signature,
    sameText,
  });
  const of = (...candidates: SimilarityCandidate[]) => nearest(fingerprintOf(text).signature, candidates);

  it('gives the same text 1, anything else less, and what is not near nothing', () => {
    expect(
      of(candidate('far', words(200, 900).join(' ')), candidate('near', `${text}!`), candidate('same', text, true)),
    ).toEqual([
      { id: 'same', label: 'same', version: 1, similarity: 1 },
      { id: 'near', label: 'near', version: 1, similarity: 0.99 },
    ]);
  });

  it('gives at most five, equal ones in the order of their ids', () => {
    const many = ['f', 'e', 'd', 'c', 'b', 'a'].map((id) => candidate(id, text, true));
    expect(of(...many).map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });
});
