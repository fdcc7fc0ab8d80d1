import { applyPatch } from 'diff';
import fc from 'fast-check';
import { diffTexts, type TextDiff } from './text-diff.js';

const diff = (from: string, to: string) =>
  diffTexts({ name: 'version 1', text: from }, { name: 'version 2', text: to });
const patched = (text: string, { unified }: TextDiff) => (unified === '' ? text : applyPatch(text, unified));

describe('diffTexts', () => {
  it('reports nothing of equal texts', () => {
    expect(diff('a\nb', 'a\nb')).toEqual({ unified: '', hunks: [], addedLines: 0, removedLines: 0, minimal: true });
  });

  it('speaks the unified format with three lines of context', () => {
    const from = ['1', '2', '3', '4', '5', '6', '7', '8', ''].join('\n');
    const { unified, addedLines, removedLines } = diff(from, from.replace('5', 'five'));
    expect(unified).toBe(
      ['--- version 1', '+++ version 2', '@@ -2,7 +2,7 @@', ' 2', ' 3', ' 4', '-5', '+five', ' 6', ' 7', ' 8', ''].join(
        '\n',
      ),
    );
    expect([addedLines, removedLines]).toEqual([1, 1]);
  });

  it('distinguishes a missing line end from one that is there', () => {
    expect(diff('a', 'a\n')).toMatchObject({ addedLines: 1, removedLines: 1 });
    expect(diff('a\r\n', 'a\n')).toMatchObject({ addedLines: 1, removedLines: 1 });
  });

  it('turns one text into the other, whatever they are', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c', '- x', '+ y', '@@', 'é', ''), { maxLength: 12 });
    fc.assert(
      fc.property(text, text, fc.boolean(), fc.boolean(), (a, b, endA, endB) => {
        const [from, to] = [a.join('\n') + (endA ? '\n' : ''), b.join('\n') + (endB ? '\n' : '')];
        expect(patched(from, diff(from, to))).toBe(to);
      }),
    );
  });

  it('shows texts that differ too much as replaced between what they share, and still exactly', () => {
    const middle = (word: string) => Array.from({ length: 1_500 }, (_, index) => `${word} ${index}`);
    const from = ['head', ...middle('old'), 'tail', ''].join('\n');
    const to = ['head', ...middle('new'), 'tail', ''].join('\n');
    const reported = diff(from, to);
    expect(reported).toMatchObject({ minimal: false, addedLines: 1_500, removedLines: 1_500 });
    expect(reported.hunks).toHaveLength(1);
    expect(patched(from, reported)).toBe(to);
  });
});
