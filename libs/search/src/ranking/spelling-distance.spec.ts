import * as fc from 'fast-check';
import { editDistance } from './spelling.js';

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['fox', 'fox', 0],
    ['', 'fox', 3],
    ['fox', 'fax', 1],
    ['fox', 'foxy', 1],
    ['recieve', 'receive', 1],
    ['educaton', 'education', 1],
    ['kitten', 'sitting', 3],
    ['𠮷a', '𠮷b', 1],
  ])('from %j to %j is %i', (a, b, expected) => {
    expect(editDistance(a, b)).toBe(expected);
  });

  it('is symmetric, zero for equals alone, and never more than the longer word', () => {
    const word = fc.string({ maxLength: 8, unit: fc.constantFrom('a', 'b', 'c') });
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});
