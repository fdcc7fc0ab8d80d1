import * as fc from 'fast-check';
import { isLiteralTerm, literals, literalTermsOf, optionsIn } from './literals.js';

const written = (text: string) => [...literals(text)].map(({ text: found }) => found);

describe('literals', () => {
  it.each([
    ['emoji', 'ship it 🚀!', ['🚀', '🚀!']],
    ['a flag as one', '🇩🇪🇫🇷', ['🇩🇪', '🇩🇪🇫🇷', '🇫🇷']],
    ['joined emoji as their parts', '👩\u200d💻', ['👩', '👩💻', '💻']],
    ['emoji whatever their presentation', '✔\ufe0f ✔', ['✔', '✔']],
    ['operators', 'a => b != c', ['=>', '=', '>', '!=', '=']],
    ['repeated punctuation', 'a::b -- c...', ['::', '--', '..', '..']],
    ['options behind one dash', 'find . -name x --all well-known -p', ['-name', '--']],
    ['options between signs', '(-all), [-name]/-path; well-known x)-y', ['-all', '-name', '-path', '[-', ']/', '/-']],
    ['no punctuation of prose', 'Well, (he said): "yes" - no.', []],
  ])('takes %s', (_, text, expected) => {
    expect(written(text).toSorted()).toEqual(expected.toSorted());
  });

  it('gives a query of signs a term that every text has which holds it', () => {
    const sign = fc.constantFrom(
      '🚀',
      '👩\u200d💻',
      '🇩🇪',
      '✅',
      '->',
      '=>',
      '#',
      '@',
      '€',
      '++',
      '::',
      '&&',
      '|>',
      '$',
    );
    const around = fc.constantFrom('', ' ', 'a', '. ', ')', '🎉');
    fc.assert(
      fc.property(sign, around, around, (query, before, behind) => {
        const terms = new Set([...literals(`${before}${query}${behind}`)].map(({ term }) => term));
        const wanted = literalTermsOf(query, { hasWords: false });
        expect(wanted.length).toBeGreaterThan(0);
        expect(wanted.every((term) => terms.has(term))).toBe(true);
      }),
    );
  });

  it('gives terms of letters and digits that are known as literals', () => {
    for (const { term } of [...literals('🚀 => -name ‰ ＃'), ...optionsIn('-some_option-2')]) {
      expect(term).toMatch(/^[a-z0-9]+$/);
      expect(isLiteralTerm(term)).toBe(true);
    }
  });

  it('reports where they stand', () => {
    const text = 'ship it 🚀 with -name';
    expect([...literals(text)].map(({ start, end }) => text.slice(start, end))).toEqual(['🚀', '-name']);
  });
});
