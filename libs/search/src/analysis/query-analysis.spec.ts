import { analyseQuery } from './query-analysis.js';

const options = { foldAccents: true };
const analyse = (query: string) => {
  const { words, phrases, exclusions } = analyseQuery(query, options);
  return { words, phrases, exclusions };
};

describe('analyseQuery', () => {
  it.each([
    ['plain words', 'Where is the fox?', 'where is the fox', [], []],
    ['a phrase', 'a "Red Fox" ran', 'a red fox ran', ['red fox'], []],
    ['typographic quotes', '“red fox”', 'red fox', ['red fox'], []],
    ['an exclusion', 'fox -red', 'fox', [], ['red']],
    ['an excluded phrase', 'fox -"red rust" hill', 'fox hill', [], ['red rust']],
    ['an excluded identifier', 'fox -updated_at', 'fox', [], ['updated at']],
    ['a hyphen within a word', 'well-known fox', 'well known fox', [], []],
    ['a flag', 'npm install --save', 'npm install save', [], []],
    ['a dash between words', 'fox - hill', 'fox hill', [], []],
    ['an odd quote', 'a 5" disk', 'a 5 disk', [], []],
    ['an empty phrase', 'fox ""', 'fox', [], []],
    ['only an exclusion', '-red', '', [], ['red']],
    ['an identifier, also as a whole', 'getUser', 'get user getuser', [], []],
    ['pairs of characters, without the single ones', '東京都', '東京 京都', [], []],
    ['nothing', '?!', '', [], []],
  ])('reads %s', (_, query, words, phrases, exclusions) => {
    expect(analyse(query)).toEqual({ words, phrases, exclusions });
  });

  it('corrects the spelling of words alone, each once', () => {
    expect(analyseQuery('fox harbuor harbuor T41 12345 東京都庁', options).spellable).toEqual(['harbuor']);
  });

  it('takes time in proportion to the length of a hostile query', () => {
    const started = performance.now();
    for (const unit of ['"', '-"', '- ', '-a', '" -', '((']) analyse(unit.repeat(20_000));
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
