import * as fc from 'fast-check';
import { analyseDocument } from './document-analysis.js';

const options = { foldAccents: true };

describe('analyseDocument', () => {
  it('gives words in order, then extras', () => {
    expect(analyseDocument(undefined, 'call getUser now', options).segments).toEqual([
      { text: 'call getUser now', words: 'call get user now getuser', starts: [1] },
    ]);
  });

  it('takes the significant words of a label alone', () => {
    expect(analyseDocument('postgres-tuning/D1:3 v2 c0', '', options).labelWords).toBe('postgres tuning');
    expect(analyseDocument('設計メモ', '', options).labelWords).toBe('設計 計メ メモ 設 計 メ モ');
  });

  it('cuts at the end of a line, without losing a character', () => {
    const line = `${'word '.repeat(300)}\n`;
    const text = line.repeat(40);

    const { segments } = analyseDocument(undefined, text, options);

    expect(segments.map((segment) => segment.text).join('')).toBe(text);
    expect(segments.length).toBeGreaterThan(5);
    for (const segment of segments) expect(segment.text.endsWith('\n')).toBe(true);
  });

  it('cuts passages at the ends of lines, sentences and words, and says where the words of each begin', () => {
    const text = `${'a word. '.repeat(49)}aB end\n${'two ✅ '.repeat(40)}`;

    const { segments, passageCount } = analyseDocument(undefined, text, options);

    expect(passageCount).toBe(2);
    const [{ words, starts }] = segments as [(typeof segments)[number]];
    const list = words.split(' ');
    const stretch = (index: number) => list.slice(starts[index]! - 1, (starts[index + 1] ?? Number.NaN) - 1);
    expect(starts).toHaveLength(4);
    expect(stretch(0)).toEqual([...Array.from({ length: 49 }, () => ['a', 'word']).flat(), 'a', 'b', 'end']);
    expect(stretch(1)).toEqual(Array.from({ length: 40 }, () => 'two'));
    expect(list.slice(starts[2]! - 1)).toEqual(['ab', ...list.slice(starts[3]! - 1)]);
    expect(list.slice(starts[3]! - 1)).toHaveLength(1);
  });

  it('has longer passages in a very long text', () => {
    const { passageCount } = analyseDocument(undefined, 'word '.repeat(200_000), options);
    expect(passageCount).toBeGreaterThan(200);
    expect(passageCount).toBeLessThan(400);
  });

  it('never cuts a character, loses none, and keeps every segment within the limits of a tsvector', () => {
    const alphabet = fc.constantFrom('a', 'é', '東', '𠮷', ' ', '\n', '_', 'B', '½', '🚀');
    fc.assert(
      fc.property(
        fc.array(alphabet, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 0, max: 2_000 }),
        (unit, times) => {
          const text = unit.join('').repeat(times);
          const { segments } = analyseDocument('label', text, options);
          expect(segments.map((segment) => segment.text).join('')).toBe(text);
          for (const segment of segments) {
            expect(segment.text.isWellFormed()).toBe(true);
            expect(segment.words.split(' ').length).toBeLessThan(33_000);
            expect(Buffer.byteLength(segment.words)).toBeLessThan(500_000);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('lists each word that can be misspelt once', () => {
    expect(analyseDocument('harbour', 'Harbour lantern lantern cat v12345 東京都庁', options).vocabulary).toEqual([
      'harbour',
      'lantern',
      'cat',
    ]);
  });
});
