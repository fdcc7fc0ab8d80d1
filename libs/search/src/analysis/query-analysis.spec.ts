import { cpuMs } from '#test/support/hostile-texts.js';
import { analyseDocument } from './document-analysis.js';
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
    ['words behind a dash where there are no others', '-Xmx -red', 'xmx red lit0oxmx lit0ored', [], []],
    ['only an excluded phrase', '-"red rust"', '', [], ['red rust']],
    ['a negative number', 'freezer -18 degrees', 'freezer 18 degrees', [], []],
    ['an option of one letter', 'what does tail -f do', 'what does tail f do', [], []],
    ['an option with a number', 'gcc -O2 main.c', 'gcc o2 main c lit0oo2', [], []],
    ['an option with a value', 'clang -std=c++11', 'clang std c 11 lit0s3d lit0s2bx2b lit0ostd', [], []],
    ['an option that belongs to a command before it', 'find . -name fox', 'find name fox lit0oname', [], []],
    ['the same word without such a command', 'fox -name', 'fox', [], ['name']],
    ['options of one letter together', 'rm -rf build', 'rm rf build lit0orf', [], []],
    ['an option of PowerShell', 'Get-ChildItem -Recurse', 'get child item childitem recurse lit0orecurse', [], []],
    ['a topic that is a command too', 'python -snake', 'python', [], ['snake']],
    ['a switch with something attached', 'cut -d, -f1', 'cut d f1 lit0of1', [], []],
    ['a switch with a phrase attached', 'date -d"last week"', 'date d last week', ['last week'], []],
    ['a word with punctuation attached', 'fox -red.', 'fox red lit0ored', [], []],
    ['a phrase with something attached', 'fox -"red rust"/hill', 'fox red rust hill', ['red rust'], []],
    ['symbols', '🚀 => C++', 'c lit0s1f680 lit0s3dx3e lit0s2bx2b', [], []],
    ['a symbol behind a dash', 'fox -🚀', 'fox lit0s2dx1f680 lit0s1f680', [], []],
    ['an identifier, also as a whole', 'getUser', 'get user getuser', [], []],
    ['pairs of characters, without the single ones', '東京都', '東京 京都', [], []],
    ['nothing', '?!', '', [], []],
  ])('reads %s', (_, query, words, phrases, exclusions) => {
    expect(analyse(query)).toEqual({ words, phrases, exclusions });
  });

  it('reports which exclusions could be options, and looks for those it is asked to', () => {
    const query = 'keeper -lantern -"red fox" -été';
    expect(analyseQuery(query, options)).toMatchObject({
      exclusions: ['lantern', 'red fox', 'ete'],
      doubtful: [
        { written: '-lantern', words: 'lantern', term: 'lit0olantern' },
        { written: '-été', words: 'ete', term: undefined },
      ],
    });
    expect(analyseQuery(query, options, new Set(['-lantern']))).toMatchObject({
      words: 'keeper lantern lit0olantern',
      exclusions: ['red fox', 'ete'],
      plain: 'keeper lantern',
    });
  });

  it('takes nothing for an exclusion that has something attached, and looks only for what the line holds', () => {
    const switches = ['-c', '-F', '-Dkey', '-pass', '-no-color', '-9', '-é'];
    const attached = [...'!#$%&*+,./:;<=>?@[\\]^`{|}~(), '].filter((sign) => sign !== ' ');
    const values = ['', 'v', '1', 'two words', ' apart'];
    const quoted = [...'"\'“'].flatMap((quote) =>
      values.map((value) => `${quote}${value}${quote === '“' ? '”' : quote}`),
    );
    const lines = switches.flatMap((name) =>
      [...attached.flatMap((sign) => [...values, ...quoted].map((value) => `${sign}${value}`)), ...quoted].flatMap(
        (tail) => [`tool ${name}${tail}`, `tool ${name}${tail} file`, `${name}${tail}`],
      ),
    );
    expect(lines.length).toBeGreaterThan(10_000);
    const wrong = lines.filter((line) => {
      const { words, phrases, exclusions } = analyseQuery(line, options);
      const held = ` ${analyseDocument(undefined, line, options).segments[0]?.words} `;
      const isHeld = (some: string) => held.includes(` ${some} `);
      return exclusions.length > 0 || !words.split(' ').every(isHeld) || !phrases.every(isHeld);
    });
    expect(wrong).toEqual([]);
  });

  it('corrects the spelling of words alone, each once', () => {
    expect(analyseQuery('fox harbuor harbuor T41 12345 東京都庁', options).spellable).toEqual(['fox', 'harbuor']);
  });

  it('takes time in proportion to the length of a hostile query', () => {
    const tookMs = cpuMs(() => {
      for (const unit of ['"', '-"', '- ', '-a', '" -', '((']) analyse(unit.repeat(20_000));
    });
    expect(tookMs).toBeLessThan(5_000);
  });
});
