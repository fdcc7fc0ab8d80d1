import { SNIPPET_LENGTH, snippetOf } from './snippet.js';

const options = { foldAccents: true };

/** Matches as an index reports them: ordinals of words, from 1. */
function snippet(text: string, ...terms: string[]): string {
  const words = text.toLowerCase().match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
  const matches = terms.map((term) => ({
    term,
    positions: words.flatMap((word, index) => (word === term ? [index + 1] : [])),
  }));
  const weights = terms.map((term, index) => ({ term, weight: terms.length - index }));
  return snippetOf({ text, matches }, weights, options);
}

const filler = 'lorem ipsum dolor sit amet '.repeat(40);

describe('snippetOf', () => {
  it('gives a short text whole, on one line', () => {
    expect(snippet('# Title\n\n  the\tfox  ', 'fox')).toBe('# Title the fox');
  });

  it('gives the start where nothing matched', () => {
    expect(snippet(filler, 'fox')).toMatch(/^lorem ipsum .*…$/);
  });

  it('goes where the most significant words stand together, the first of equals', () => {
    const text = `${filler} hill ${filler} the red fox met the hill owl ${filler} fox hill ${filler}`;

    const result = snippet(text, 'fox', 'hill');

    expect(result).toContain('red fox met the hill owl');
    expect(result.startsWith('…')).toBe(true);
    expect(result.endsWith('…')).toBe(true);
  });

  it('prefers one significant word to many repetitions of another', () => {
    const text = `hill hill hill hill hill ${filler} fox ${filler}`;

    expect(snippet(text, 'fox', 'hill')).toContain('fox');
  });

  it('keeps to its length and to whole words', () => {
    const result = snippet(`${filler} fox ${filler}`, 'fox');

    expect(result.length).toBeLessThanOrEqual(SNIPPET_LENGTH + 2);
    for (const word of result.replaceAll('…', '').trim().split(' '))
      expect(['lorem', 'ipsum', 'dolor', 'sit', 'amet', 'fox']).toContain(word);
  });

  it('never cuts a grapheme', () => {
    const family = '👩‍👩‍👧‍👦';
    const text = `${family.repeat(100)} fox ${family.repeat(100)}`;

    const emoji = snippet(text, 'fox').replaceAll(/[…\s]|fox/g, '');

    expect(emoji.length % family.length).toBe(0);
    expect(emoji.replaceAll(family, '')).toBe('');
  });

  it('finds its way in text of one long line without spaces', () => {
    const text = 'あ'.repeat(2_000);

    expect(
      snippetOf({ text, matches: [{ term: 'ああ', positions: [1_500] }] }, [{ term: 'ああ', weight: 1 }], options),
    ).toMatch(/^…?あ+…$/);
  });

  it('shows the match at its end as well', () => {
    const text = `${filler}fox`;

    expect(snippet(text, 'fox')).toMatch(/^….* fox$/);
  });
});
