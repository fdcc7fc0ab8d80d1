import { isSlowOnHostileText, shorterHostileTexts } from '#test/support/hostile-texts.js';
import { keyConceptsOf } from './extract/key-concepts.js';
import { previewOf } from './extract/preview.js';
import { chunksOf } from './ingest/chunks.js';
import { detectFormat } from './ingest/document.js';
import { htmlToText } from './ingest/html-text.js';
import { detectPriority } from './extract/priority.js';

describe('T66 256 KiB of hostile text', () => {
  it.each([...shorterHostileTexts])('takes time in proportion to its length: %s', (_, text) => {
    const reads: Readonly<Record<string, () => unknown>> = {
      preview: () => previewOf(text),
      concepts: () => keyConceptsOf(text),
      priority: () => detectPriority(text),
      'large parts': () => chunksOf(text, { length: 20_000, most: 250, isMarked: true }),
      'small parts': () => chunksOf(text, { length: 200, most: 250, isMarked: true }),
      format: () => detectFormat(Buffer.from(text)),
      page: () => htmlToText(text),
    };
    const slow = Object.entries(reads)
      .filter(([, read]) => isSlowOnHostileText(read))
      .map(([name]) => name);
    expect(slow).toEqual([]);
  });

  it('gives the extract that a short text of the kind gives', () => {
    expect(previewOf(`#${' '.repeat(2_000)}x\u2028y`)).toBe('#…');
    expect(previewOf(`# a${' '.repeat(60_000)}b ##\ntext`)).toBe('a…');
    expect(
      chunksOf(`# a${' '.repeat(60_000)}##\ntext`, { length: 90_000, most: 1, isMarked: true }).chunks[0],
    ).toMatchObject({
      heading: 'a',
    });
  });

  it.each([
    ['<!-- a --> <!-- b -->\n<!doctype html>', 'html'],
    [`${'<!-- -->'.repeat(1_000)}<html>`, 'html'],
    [`${'<!-- -->'.repeat(1_000)}text`, 'text'],
    ['<!-- <html>', 'text'],
  ])('shows its format behind comments: %#', (text, format) => {
    expect(detectFormat(Buffer.from(text))).toBe(format);
  });
});
