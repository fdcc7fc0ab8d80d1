import fc from 'fast-check';
import { firstCharacters, fitValue } from './fit-value.js';

describe('a value that is to fit', () => {
  it('stays whole where it does', () => {
    const value = { items: [{ content: 'a'.repeat(1000) }], nextCursor: null };
    expect(fitValue(value, 2000, 300)).toEqual({ value, cuts: [] });
  });

  it('loses the ends of its long texts first, and says where and how much', () => {
    const value = { id: 'x'.repeat(36), content: 'a'.repeat(30_000), other: 'b'.repeat(400) };
    const { value: fitted, cuts } = fitValue(value, 5000, 300) as { value: typeof value; cuts: unknown };
    expect(fitted).toEqual({ ...value, content: 'a'.repeat(4000) });
    expect(cuts).toEqual([{ pointer: '/content', unit: 'characters', shown: 4000, total: 30_000 }]);
  });

  it('loses free data next, and items last', () => {
    const items = Array.from({ length: 40 }, (_, n) => ({ n, metadata: { a: n, b: [] } }));
    const { value, cuts } = fitValue({ items }, 300, 300);
    expect(value).toEqual({ items: items.slice(0, 10).map(({ n }) => ({ n, metadata: {} })) });
    expect(cuts).toContainEqual({ pointer: '/items', unit: 'items', shown: 10, total: 40 });
    expect(cuts).toContainEqual({ pointer: '/items/3/metadata', unit: 'members', shown: 0, total: 2 });
  });

  it('keeps a cursor whole', () => {
    const nextCursor = 'c'.repeat(500);
    expect(fitValue({ nextCursor, text: 'a'.repeat(500) }, 700, 10).value).toMatchObject({ nextCursor });
  });

  it('never holds half of a surrogate pair', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), (text, length) => {
        const first = firstCharacters(text, length);
        expect(first.isWellFormed() && text.startsWith(first)).toBe(true);
        expect(first.length).toBeGreaterThanOrEqual(Math.min(length - 1, text.length));
      }),
    );
  });

  it('loses members of free data where there are too many of them, however deep', () => {
    const members = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`key ${n}`, n]));
    let deep: unknown = members;
    for (let level = 0; level < 60; level++) deep = { [`level ${level}`]: deep, ['x'.repeat(200)]: level };
    for (const content of [[{ type: 'tool_call', arguments: members }], [{ type: 'json', deep }]]) {
      const { value, cuts } = fitValue({ items: [{ id: 'a', content }] }, 4000, 300);
      expect(JSON.stringify(value).length).toBeLessThanOrEqual(4000);
      expect(cuts.some(({ unit, total }) => unit === 'members' && total > 0)).toBe(true);
    }
  });

  it('fits, whatever it is, where items and texts make it large', () => {
    const text = fc.string({ maxLength: 2000 });
    fc.assert(
      fc.property(fc.array(fc.record({ text, parts: fc.array(text) })), (items) => {
        expect(JSON.stringify(fitValue({ items }, 2000, 60).value).length).toBeLessThanOrEqual(2000);
      }),
      { numRuns: 50 },
    );
  });
});
