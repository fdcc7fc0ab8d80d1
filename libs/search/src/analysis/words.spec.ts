import { tokens } from './words.js';

const words = (text: string, foldAccents = true) =>
  [...tokens(text, { foldAccents })].flatMap((token) => token.words).join(' ');
const extras = (text: string) => [...tokens(text, { foldAccents: true })].flatMap((token) => token.extras).join(' ');

describe('words', () => {
  it.each([
    ['plain text', 'The quick, brown fox!', 'the quick brown fox'],
    ['apostrophes', "Caroline's don’t", 'caroline s don t'],
    ['hyphens and paths', 'pg-boss libs/search/index.ts', 'pg boss libs search index ts'],
    ['versions and times', 'v10.4.0 at 12:30', 'v10 4 0 at 12 30'],
    ['snake case', 'updated_at __init__', 'updated at init'],
    ['camel case', 'getUserById HTTPServer sha256Hash iOS', 'get user by id http server sha256 hash i os'],
    ['accents', 'Crème brûlée', 'creme brulee'],
    ['sharp s', 'Straße', 'strasse'],
    ['dotted capital I', 'İstanbul', 'istanbul'],
    ['Greek accents', 'Καλημέρα', 'καλημερα'],
    ['Cyrillic, whose marks make other letters', 'Йод', 'йод'],
    ['Devanagari, whose marks are vowels', 'हिन्दी', 'हिन्दी'],
    ['full-width forms', 'Ｖｅｒｓｉｏｎ', 'version'],
    ['fractions', '½ cup', '1 2 cup'],
    ['Han in pairs', '東京都', '東京 京都'],
    ['one Han character', '犬', '犬'],
    ['mixed scripts', 'PostgreSQLの索引', 'postgre sql の索 索引'],
    ['Hangul in pairs', '서울에서', '서울 울에 에서'],
    ['characters beyond the basic plane', '𠮷野家', '𠮷野 野家'],
    ['nothing to find', ' …—!? ', ''],
    ['emoji', 'ship it 🚀', 'ship it'],
    ['soft hyphens', 'Donau\u00addampf\u00adschiff soft\u00adware', 'donaudampfschiff software'],
    [
      'zero-width spaces, joiners and marks of byte order',
      'zero\u200bwidth word\u2060joiner \ufeffmark',
      'zerowidth wordjoiner mark',
    ],
    ['joiners between letters', 'می\u200cخواهم क्\u200dष', 'میخواهم क्ष'],
    ['variation selectors and keycaps', '❤\ufe0f 1\ufe0f\u20e3 text\ufe0e', '1 text'],
    ['Arabic vowel signs and stretching', 'مُحَمَّد محـــمد', 'محمد محمد'],
    ['Hebrew points', 'שָׁלוֹם', 'שלום'],
  ])('takes %s', (_, text, expected) => {
    expect(words(text)).toBe(expected);
  });

  it('keeps accents for stemmers that want them', () => {
    expect(words('Crème brûlée', false)).toBe('crème brûlée');
  });

  it('gives identifiers as a whole and single characters as extras', () => {
    expect(extras('getUserById updated_at plain 東京')).toBe('getuserbyid updatedat 東 京');
  });

  it('gives the parts of a word that something unseen stands in as extras', () => {
    expect(extras('foo\u200bbar soft\u00adware')).toBe('foo bar soft ware');
  });

  it('gives the same words for composed and decomposed text', () => {
    const text = 'Crème brûlée Ελλάδα й 각';
    expect(words(text.normalize('NFD'), false)).toBe(words(text.normalize('NFC'), false));
  });

  it('shortens a word that is no word, between characters', () => {
    const [word] = words('a'.repeat(500)).split(' ');
    expect(word).toHaveLength(128);
    expect(words('ﬀ'.repeat(500)).isWellFormed()).toBe(true);
  });

  it('reports where in the text a word stands', () => {
    const text = 'the naïve getUser';
    expect([...tokens(text, { foldAccents: true })].map(({ start, end }) => text.slice(start, end))).toEqual([
      'the',
      'naïve',
      'getUser',
    ]);
  });

  it.each([
    ['ёлка', 'елка'],
    ['ЁЖИК', 'ежик'],
    ['أحمد', 'احمد'],
    ['إلى', 'الي'],
    ['آخر', 'اخر'],
    ['kapı', 'kapi'],
    ['İzmir', 'izmir'],
    ['Straße', 'strasse'],
    ['ΟΔΟΣ', 'οδος'],
    ['ｆｕｌｌ', 'full'],
  ])('gives %s and %s the same words', (one, other) => {
    const of = (text: string) => [...tokens(text, { foldAccents: true })].flatMap((token) => token.words);
    expect(of(one)).toEqual(of(other));
  });
});
