import fc from 'fast-check';
import { EXTRACT_VERSION, extract } from './extract.js';
import { PREVIEW_LENGTH, previewOf } from './preview.js';

const lines = (...all: string[]) => all.join('\n');

describe('previewOf', () => {
  it('T14 gives what it always gave: whoever changes this raises EXTRACT_VERSION', () => {
    const content = lines(
      '',
      'Written down after the outage of March.',
      '# Deploying the billing service',
      '',
      'owner: Zoë',
      'The service is deployed from the release branch alone.',
      'short line',
      '```sh',
      'kubectl apply -f billing.yaml && echo "NEVER print the token"',
      '```',
      '- NEVER deploy on a Friday.',
      '- Always tell the people on call.',
      '- Rollbacks MUST be rehearsed.',
    );
    expect({ version: EXTRACT_VERSION, ...extract(content) }).toEqual({
      version: 2,
      extractVersion: 2,
      preview: lines(
        'Deploying the billing service',
        'Written down after the outage of March.',
        'owner: Zoë',
        'The service is deployed from the release branch alone.',
        '- NEVER deploy on a Friday.',
        '- Rollbacks MUST be rehearsed.',
      ),
      keyConcepts: expect.arrayContaining(['billing', 'service']),
    });
    expect(extract(content)).toEqual(extract(content));
  });

  describe('title', () => {
    it.each([
      ['a heading of the first line', '# One\nTwo', 'One'],
      ['a heading of the fifth line', 'a\nb\nc\nd\n## Five ##\ne', 'Five'],
      ['the first line where the heading comes sixth', 'a\nb\nc\nd\ne\n# Six', 'a'],
      ['the first line that is not blank', '\n \n  first  \nsecond', 'first'],
      ['the first line where # is no heading', '#hashtag\n#another', '#hashtag'],
      ['the first line that says something', '#\n---\n***\nfirst', 'first'],
      [
        'the heading behind long front matter',
        '---\na: 1\nb: 2\nc: 3\nd: 4\ne: 5\ntags: [x]\n---\n\n# Title\ntext',
        'Title',
      ],
      ['the heading behind TOML front matter', '+++\na = 1\nb = 2\nc = 3\nd = 4\ne = 5\n+++\n# Title', 'Title'],
      [
        'what front matter says where there is no heading',
        '---\ndate: 2026\ntitle: "A plan: B"\n---\ntext',
        'A plan: B',
      ],
      ['the first line behind front matter without a title', '---\ndate: 2026\n---\nfirst', 'first'],
      ['the first line behind a rule', '---\nfirst\n---\nsecond', 'first'],
      ['the heading behind a comment of many lines', '<!--\na\nb\nc\nd\ne\nf\n-->\n# Title', 'Title'],
      ['the heading behind bare tags', '<div align="center">\n<br/>\n# Title\n</div>', 'Title'],
      ['a line of front matter where there is nothing else', '---\ndate: 2026\n---', 'date: 2026'],
      ['a mark where there is nothing else', '---', '---'],
      ['an emoji', '🚀\ntext', '🚀'],
    ])('is %s', (_, content, title) => {
      expect(previewOf(content).split('\n')[0]).toBe(title);
    });
  });

  it('takes up to three significant lines: longer than 30 characters, or a key and a value', () => {
    const long = (n: number) => `line ${n} ${'x'.repeat(24)}`;
    expect(long(1)).toHaveLength(31);
    const thirty = 'y'.repeat(30);
    expect(previewOf(lines('t', thirty, long(1), 'port: 3000', '- **host**: here', long(2)))).toBe(
      lines('t', long(1), 'port: 3000', '- **host**: here'),
    );
    for (const not of ['http://x.y', '12:30 sharp', 'a:b', ': value', 'key:'])
      expect(previewOf(lines('t', not))).toBe('t');
  });

  it('takes no rules of tables, dashes, borders, comments and front matter for significant lines', () => {
    const long = (mark: string) => mark.repeat(40);
    const row = '| a cell of a table | and another cell of it |';
    const content = lines(
      '---',
      'key: value',
      '---',
      '# t',
      long('-'),
      long('='),
      long('* '),
      '|------------------------|:------------------:|',
      '+----------------+---------------------------+',
      long('─'),
      `<!-- ${long('comment ')} -->`,
      '<!-- a comment that goes on',
      'over a line that is long enough to tell --> key: shown',
      `[//]: # (${long('comment ')})`,
      row,
    );
    expect(previewOf(content)).toBe(lines('t', 'key: shown', row));
  });

  it('keeps up to two rules whole though the lines before them are cut', () => {
    const rules = ['Backups are REQUIRED.', 'This is IMPORTANT to all of us.'];
    const preview = previewOf(lines('t', 'w'.repeat(400), 'v'.repeat(400), ...rules, 'WARNING: a third one'));
    expect(preview).toHaveLength(PREVIEW_LENGTH);
    expect(preview.split('\n').slice(-2)).toEqual(rules);
    expect(preview).not.toContain('third');
    expect(preview).toContain('…\n');
  });

  it('prefers rules in capitals, and keeps the order of the text', () => {
    expect(previewOf(lines('t', 'you must', 'never ever', 'You MUST', 'It is CRITICAL'))).toBe(
      lines('t', 'You MUST', 'It is CRITICAL'),
    );
    expect(previewOf(lines('t', 'you must', 'never ever'))).toBe(lines('t', 'you must', 'never ever'));
    expect(previewOf(lines('t', 'hallways', 'mustard', 'the always_check flag'))).toBe('t');
  });

  it('cuts rules that are too long, each to its share', () => {
    const preview = previewOf(lines('t', `MUST ${'a'.repeat(600)}`, `NEVER ${'b'.repeat(600)}`));
    expect(preview.split('\n').map((line) => line.length)).toEqual([1, 200, 199]);
  });

  it('shows each line once', () => {
    const rule = 'NEVER push to the main branch on a Friday';
    expect(previewOf(lines(rule, rule, rule))).toBe(rule);
    expect(previewOf(lines(`# ${rule}`, '', rule, 'other'))).toBe(rule);
    expect(previewOf(lines('t', 'port: 3000', 'port: 3000', 'host: here'))).toBe(
      lines('t', 'port: 3000', 'host: here'),
    );
  });

  it('leaves code out, unless there is nothing else', () => {
    expect(previewOf(lines('```', 'const a: string = "NEVER";', '```', 'Prose'))).toBe('Prose');
    expect(previewOf(lines('~~~', 'open: to the very end of the text'))).toBe('open: to the very end of the text');
    expect(previewOf(lines('````', '```', 'in: code', '````', 'Prose'))).toBe('Prose');
    expect(previewOf('`inline` code is prose')).toBe('`inline` code is prose');
  });

  it('cuts between graphemes', () => {
    const family = '\u{1F469}\u200D\u{1F469}\u200D\u{1F467}';
    const preview = previewOf(family.repeat(100));
    expect(preview.length).toBeLessThanOrEqual(PREVIEW_LENGTH);
    expect(preview).toBe(`${family.repeat(Math.floor((PREVIEW_LENGTH - 1) / family.length))}…`);
  });

  it('T14 is a short, well-formed extract of any text, each time the same', () => {
    const line = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 80 }),
      fc.constantFrom(
        '# Title',
        'key: value',
        'You MUST',
        '```',
        '~~~',
        '',
        'a line that is long enough to tell something',
      ),
      fc.string({ unit: 'binary', maxLength: 700, minLength: 300 }),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), (all) => {
        const content = all.join('\n');
        const preview = previewOf(content);
        expect(preview.length).toBeLessThanOrEqual(PREVIEW_LENGTH);
        expect(preview.isWellFormed()).toBe(true);
        expect(previewOf(content)).toBe(preview);
        const shown = preview.split('\n').filter((text) => !text.endsWith('…'));
        expect(new Set(shown).size).toBe(shown.length);
      }),
    );
  });
});
