import * as fc from 'fast-check';
import { type Chunk, chunksOf } from './chunks.js';

const marked = { length: 100, most: 100, isMarked: true };
const sentence = (n: number) => `Sentence number ${n} is here.`;

describe('chunksOf', () => {
  it('leaves a short document whole', () => {
    expect(chunksOf('\n\n  # One\n\ntwo\n\n', marked)).toEqual({
      chunks: [{ text: '  # One\n\ntwo', opened: 0, closed: 0, heading: 'One' }],
      end: 16,
    });
    expect(chunksOf(' \n ', marked).chunks).toEqual([]);
  });

  it('cuts before a heading, and says under which ones a chunk stands', () => {
    const body = 'x'.repeat(45);
    const text = `# Book\n\n${body}\n\n## Part one ##\n\n${body}\n\n### Chapter\n${body}\n\n## Part two\n\n${body}`;
    const { chunks } = chunksOf(text, marked);
    expect(chunks.map(({ heading }) => heading)).toEqual([
      'Book',
      'Book > Part one',
      'Book > Part one > Chapter',
      'Book > Part two',
    ]);
    expect(chunks.map(({ text: chunk }) => chunk.split('\n')[0])).toEqual([
      '# Book',
      '## Part one ##',
      '### Chapter',
      '## Part two',
    ]);
  });

  it('takes # in code, and in plain text, for no heading', () => {
    const code = '```sh\n# a comment\nrun\n```';
    expect(chunksOf(`${code}\n\ntext`, marked).chunks).toMatchObject([{ heading: undefined }]);
    expect(chunksOf('# a comment', { ...marked, isMarked: false }).chunks).toMatchObject([{ heading: undefined }]);
  });

  it('cuts between paragraphs rather than sentences, and between sentences rather than words', () => {
    const paragraph = [1, 2].map(sentence).join(' ');
    const two = chunksOf(`${paragraph}\n\n${paragraph}`, marked).chunks;
    expect(two.map(({ text }) => text)).toEqual([paragraph, paragraph]);
    const long = chunksOf([1, 2, 3, 4, 5, 6].map(sentence).join(' '), marked).chunks;
    expect(long.map(({ text }) => text)).toEqual([
      [1, 2, 3].map(sentence).join(' '),
      [4, 5, 6].map(sentence).join(' '),
    ]);
  });

  it('keeps code whole where it fits, and cuts it between lines where it does not', () => {
    const code = (lines: number) =>
      `\`\`\`\n${Array.from({ length: lines }, (_, n) => `line ${n}\n\n`).join('')}\`\`\``;
    const kept = chunksOf(`${'Words before it. '.repeat(4)}\n\n${code(6)}\n`, marked).chunks;
    expect(kept.map(({ text }) => text.startsWith('```'))).toEqual([false, true]);
    const cut = chunksOf(code(40), marked).chunks;
    expect(cut.length).toBeGreaterThan(3);
    for (const { text } of cut) expect(text).toMatch(/^```\n[^`]*line \d+\n+```$/);
  });

  describe('what a cut leaves open', () => {
    const cut = (text: string) => chunksOf(text, { ...marked, length: 200 }).chunks.map((chunk) => chunk.text);
    const many = (line: (n: number) => string) => Array.from({ length: 30 }, (_, n) => line(n)).join('\n');

    it('code is closed and opened again, with its language', () => {
      for (const [open, close] of [
        ['```ts', '```'],
        ['~~~~ python title="x"', '~~~~'],
        ['  ```', '  ```'],
        ['$$', '$$'],
      ]) {
        const chunks = cut(`# Code\n\n${open}\n${many((n) => `let value${n} = ${n};`)}\n${close}\n\nbehind it`);
        expect(chunks.length).toBeGreaterThan(2);
        for (const chunk of chunks.slice(1)) expect(chunk.startsWith(`${open}\nlet`)).toBe(true);
        for (const chunk of chunks.slice(0, -1)) expect(chunk.endsWith(`;\n${close}`)).toBe(true);
        expect(chunks.at(-1)).toMatch(/behind it$/);
      }
    });

    it('code in an item and in a quote is closed and opened as it stands there', () => {
      for (const [open, inner, close] of [
        ['    ```sh', '    ', '    ```'],
        ['- ```sh', '  ', '  ```'],
        ['> ```sh', '> ', '> ```'],
      ] as const) {
        const chunks = cut(`1. Step\n\n${open}\n${many((n) => `${inner}run part ${n}`)}\n${close}\n\nbehind it`);
        expect(chunks.length).toBeGreaterThan(2);
        for (const chunk of chunks.slice(1)) expect(chunk.startsWith(`${open}\n${inner}run`)).toBe(true);
        for (const chunk of chunks.slice(0, -1)) expect(chunk.endsWith(`\n${close}`)).toBe(true);
      }
    });

    it('a table in a quote has the names of its columns again', () => {
      const head = '> | name | value |\n> |------|-------|';
      const chunks = cut(`${head}\n${many((n) => `> | key ${n} | value ${n} |`)}`);
      for (const chunk of chunks) expect(chunk.startsWith(`${head}\n> | key`)).toBe(true);
    });

    it('takes a mark of formulas that nothing closes for none', () => {
      const chunks = cut(`$$\n\n# Heading\n\n${many((n) => sentence(n))}`);
      for (const chunk of chunks.slice(1)) expect(chunk).toMatch(/^Sentence/);
    });

    it('code whose end alone does not fit gives no empty code', () => {
      for (let size = 150; size < 260; size++) {
        const chunks = cut(
          `\`\`\`\n${'x'
            .repeat(20)
            .concat('\n')
            .repeat(Math.floor(size / 21))}${'y'.repeat(size % 21)}\n\`\`\`\nbehind`,
        );
        for (const chunk of chunks) expect(chunk).not.toMatch(/```\n*```/);
      }
    });

    it('a table has the names of its columns again', () => {
      const head = '| name | value |\n|------|:-----:|';
      const chunks = cut(`Intro.\n\n${head}\n${many((n) => `| key ${n} | value ${n} |`)}\n\nbehind it`);
      expect(chunks.length).toBeGreaterThan(3);
      for (const chunk of chunks.slice(1)) expect(chunk.startsWith(`${head}\n| key`)).toBe(true);
      const bare = cut(`hour | watch\n--- | ---\n${many((n) => `${n} | somebody ${n}`)}`);
      for (const chunk of bare) expect(chunk.startsWith('hour | watch\n--- | ---\n')).toBe(true);
    });

    it('a quote has its marks again', () => {
      for (const mark of ['> ', '>> ', '> > ']) {
        const chunks = cut(`${mark}${many((n) => sentence(n)).replaceAll('\n', ' ')}`);
        expect(chunks.length).toBeGreaterThan(3);
        for (const chunk of chunks) expect(chunk.startsWith(`${mark}Sentence`)).toBe(true);
      }
    });

    it('an item has its mark, and the items above it, again', () => {
      const [first, second, ...others] = cut(`- ${many((n) => sentence(n)).replaceAll('\n', ' ')}`);
      expect(first).toMatch(/^- Sentence/);
      for (const chunk of [second, ...others]) expect(chunk).toMatch(/^- … Sentence/);
      const nested = cut(`1. Outer item\n   - Inner item\n${many((n) => `     - part ${n} of it`)}`);
      for (const chunk of nested) expect(chunk).toMatch(/^1\. Outer item\n   - Inner item\n     - part/);
      const text = cut(`- Item one\n\n${many((n) => `  ${sentence(n)}\n`)}`);
      for (const chunk of text.slice(1)) expect(chunk).toMatch(/^- Item one\n {2}Sentence/);
    });

    it('no link and no code within a line is cut', () => {
      const link = '[two words](https://example.org/a)';
      for (const chunk of cut(`${link} \`a b\` `.repeat(30)))
        expect(chunk).toMatch(/^(?:\[two words\]\(https:\/\/example\.org\/a\)|`a b`).*(?:\)|`a b`)$/);
    });

    it('what is too long to be opened again is not', () => {
      const head = `| ${'name '.repeat(30)} | value |\n|---|---|`;
      const chunks = cut(`${head}\n${many((n) => `| key ${n} | value ${n} |`)}`);
      expect(chunks[1]).toMatch(/^\| key/);
      for (const chunk of chunks) expect(chunk.length).toBeLessThanOrEqual(200);
    });
  });

  it('stops at the most there may be, and says where', () => {
    const text = Array.from({ length: 20 }, (_, n) => sentence(n)).join(' ');
    const { chunks, end } = chunksOf(text, { ...marked, most: 2 });
    expect(chunks).toHaveLength(2);
    expect(text.slice(end)).toMatch(/^Sentence number/);
  });

  it('loses nothing but white space, tears no character, and is never too long', () => {
    const part = fc.constantFrom(
      'word',
      ' ',
      '\n',
      '\n\n',
      '# ',
      '```\n',
      '- ',
      '  - ',
      '> ',
      'a | b\n--- | ---\n',
      '| c |\n',
      '$$\n',
      '. ',
      '𠮷',
      'e\u0301',
      '👩‍👩‍👧‍👦',
      '。',
      '\t',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 600 }), fc.boolean(), (parts, isMarked) => {
        const text = parts.join('');
        const { chunks, end } = chunksOf(text, { length: 100, most: 10_000, isMarked });
        expect(end).toBe(text.length);
        const inkOf = (value: string) => value.replaceAll(/\s+/g, '');
        const own = ({ text: all, opened, closed }: Chunk) => all.slice(opened, all.length - closed);
        expect(chunks.map((chunk) => inkOf(own(chunk))).join('')).toBe(inkOf(text));
        for (const { text: chunk } of chunks) {
          expect(chunk.length).toBeLessThanOrEqual(100);
          expect(chunk.isWellFormed()).toBe(true);
          expect(chunk.trim()).not.toBe('');
        }
      }),
    );
  });

  /** Were it quadratic, each of these would outlast the test. */
  it('gets through a long document of any make', () => {
    for (const unit of ['a', ' ', '\n', '# a\n', '```\n', 'a. ', '- x\n\n']) {
      const text = unit.repeat(Math.ceil(1_000_000 / unit.length));
      expect(chunksOf(text, { length: 2_000, most: 500, isMarked: true }).chunks.length).toBeLessThanOrEqual(500);
    }
  });
});
