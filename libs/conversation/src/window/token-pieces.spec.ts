import fc from 'fast-check';
import { piecesOf } from './token-pieces.js';

describe('pieces of a text', () => {
  it('are the text, and none is long', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.constant('x'.repeat(900)), fc.constant(' '.repeat(900)))),
        (parts) => {
          const text = parts.join('');
          const pieces = piecesOf(text);
          expect(pieces.join('')).toBe(text);
          for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(4_000 + 400);
        },
      ),
    );
  });

  it('are one for a text of usual length', () => {
    expect(piecesOf('Words and more words.\n\n'.repeat(50))).toHaveLength(1);
  });
});
