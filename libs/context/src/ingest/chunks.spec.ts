import * as fc from 'fast-check';
import { chunksOf } from './chunks.js';

const marked = { length: 100, most: 100, isMarked: true };
const sentence = (n: number) => `Sentence number ${n} is here.`;

describe('chunksOf', () => {
  it('leaves a short document whole', () => {
    expect(chunksOf('\n\n  # One\n\ntwo\n\n', marked)).toEqual({
      chunks: [{ text: '  # One\n\ntwo', heading: 'One' }],
      end: 16,
    });
    expect(chunksOf(' \n ', marked).chunks).toEqual([]);
  });

  it('cuts before a heading, and tells under which ones a chunk stands', () => {
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
    for (const { text } of cut) expect(text).toMatch(/(?:line \d+|```)$/);
  });

  it('stops at the most there may be, and tells where', () => {
    const text = Array.from({ length: 20 }, (_, n) => sentence(n)).join(' ');
    const { chunks, end } = chunksOf(text, { ...marked, most: 2 });
    expect(chunks).toHaveLength(2);
    expect(text.slice(end)).toMatch(/^Sentence number/);
  });

  it('loses nothing but white space, tears no character, and is never too long', () => {
    const part = fc.constantFrom('word', ' ', '\n', '\n\n', '# ', '```\n', '. ', '𠮷', 'e\u0301', '👩‍👩‍👧‍👦', '。', '\t');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 600 }), fc.boolean(), (parts, isMarked) => {
        const text = parts.join('');
        const { chunks, end } = chunksOf(text, { length: 100, most: 10_000, isMarked });
        expect(end).toBe(text.length);
        const inkOf = (value: string) => value.replaceAll(/\s+/g, '');
        expect(chunks.map((chunk) => inkOf(chunk.text)).join('')).toBe(inkOf(text));
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
