import { nearWords } from './near-words.js';
import type { SimilarWord } from './spelling.js';

const pair = (word: string, candidate: string, term = candidate): SimilarWord => ({
  word,
  candidate,
  term,
  passageFrequency: 1,
});

describe('nearWords', () => {
  it.each([
    ['another inflection, Russian', 'тесты', 'тестов'],
    ['another inflection, Polish', 'ksiazka', 'ksiazki'],
    ['another inflection, Greek', 'αναπτυξη', 'αναπτυξης'],
    ['the first part of a compound, German', 'krankenversicherung', 'krankenversicherungsbeitrage'],
    ['the last part of a compound, Swedish', 'avgifter', 'sjukforsakringsavgifter'],
    ['a compound of a word, Finnish', 'tietokantapalvelin', 'tietokanta'],
    ['a word without its article, Arabic', 'قهوة', 'القهوة'],
    ['a short word, Russian', 'код', 'кода'],
    ['a short word, German', 'tag', 'tage'],
    ['a word with an article, Hebrew', 'הספר', 'ספר'],
  ])('takes %s', (_, word, candidate) => {
    expect(nearWords([pair(word, candidate)])).toMatchObject([{ candidate }]);
    expect(nearWords([pair(candidate, word)])).toHaveLength(1);
  });

  it.each([
    ['harmonic', 'harbour'],
    ['contract', 'contrast'.slice(3)],
    ['развёртывание', 'проверка'],
    ['database', 'datum'],
    ['cat', 'catalogue'],
    ['cat', 'scatter'],
    ['cat', 'cut'],
  ])('does not take %s for %s', (word, candidate) => {
    expect(nearWords([pair(word, candidate)])).toEqual([]);
  });

  it('takes the nearest ten terms of a word, each once, and keeps less than half of their weight', () => {
    const given = Array.from({ length: 14 }, (_, n) => pair('lantern', `lantern${'x'.repeat(n + 1)}`));
    const near = nearWords([...given, pair('lantern', 'lanternz', 'lanternx'), pair('other', 'others')]);

    expect(near.filter(({ word }) => word === 'lantern').map(({ candidate }) => candidate)).toEqual(
      given.slice(0, 10).map(({ candidate }) => candidate),
    );
    expect(near.filter(({ word }) => word === 'other')).toHaveLength(1);
    for (const { discount } of near) expect(discount).toBeLessThan(0.5);
  });
});
