import fc from 'fast-check';
import { PAGE, pageOf, readPage } from './text-page.js';

describe('a page of a text', () => {
  it('has a usual length, at most the largest, and says where to read on', () => {
    const text = 'abcde'.repeat(20_000);
    expect(pageOf(text, readPage({})).range).toEqual({ offset: 0, length: 20_000, total: 100_000, nextOffset: 20_000 });
    const last = pageOf(text, readPage({ offset: 90_000, length: 1_000_000 }));
    expect(last.range).toEqual({ offset: 90_000, length: 10_000, total: 100_000, nextOffset: null });
    expect(pageOf(text, readPage({ length: 99_999 })).range).toMatchObject({ length: PAGE.most });
    expect(pageOf('abc', readPage({ offset: 9 }))).toEqual({
      text: '',
      range: { offset: 3, length: 0, total: 3, nextOffset: null },
    });
  });

  it.each([{ offset: -1 }, { offset: 1.5 }, { offset: 'x' }, { length: 0 }, { length: Infinity }, { length: {} }])(
    'is not %j',
    (args) => {
      const [name] = Object.keys(args);
      expect(() => readPage(args)).toThrow(
        expect.objectContaining({ issues: [expect.objectContaining({ pointer: `/${name}` })] }),
      );
    },
  );

  it('makes the whole text with those that follow it, byte for byte', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.integer({ min: 1, max: 7 }), (text, length) => {
        let whole = '';
        let offset: number | null = 0;
        while (offset !== null) {
          const page: ReturnType<typeof pageOf> = pageOf(text, { offset, length });
          expect(page.text.isWellFormed()).toBe(true);
          whole += page.text;
          offset = page.range.nextOffset;
        }
        expect(whole).toBe(text);
      }),
    );
  });
});
