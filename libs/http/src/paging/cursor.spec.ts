import { createHash } from 'node:crypto';
import { z } from 'zod';
import { decodeCursor, encodeCursor } from './cursor.js';

const position = z.tuple([z.string(), z.number()]);

describe('cursors', () => {
  const list = ['contexts', 'workspace-1', { project: 'a' }];

  it('give back the position they were made with', () => {
    expect(decodeCursor(list, encodeCursor(list, ['ключ:1', 7]), position)).toEqual(['ключ:1', 7]);
  });

  it.each([
    ['another list', ['sessions', 'workspace-1', { project: 'a' }]],
    ['another workspace', ['contexts', 'workspace-2', { project: 'a' }]],
    ['another project', ['contexts', 'workspace-1', { project: 'b' }]],
  ])('T21 a cursor of %s is refused', (_, other) => {
    expect(() => decodeCursor(list, encodeCursor(other, ['x', 1]), position)).toThrow(
      expect.objectContaining({ code: 'invalid-cursor', kind: 'invalid' }),
    );
  });

  it.each([
    ['a NUL', ['\0', 1]],
    ['the position of a real one', ['x', 1]],
    ['numbers beyond every column', ['x', 1e300]],
    ['more keys than any list has', ['x', 1, ...Array.from({ length: 200 }, () => 1)]],
  ])('T70 a forged cursor is refused, whatever it holds: %s', (_, keys) => {
    // As cursors were made before they were keyed: whoever can read the code can make it.
    const unkeyed = createHash('sha256')
      .update(JSON.stringify([list, keys]))
      .digest('base64url');
    for (const code of [unkeyed.slice(0, 16), unkeyed.slice(0, 22), unkeyed, '']) {
      const forged = Buffer.from(JSON.stringify([code, ...keys])).toString('base64url');
      expect(() => decodeCursor(list, forged, position)).toThrow(
        expect.objectContaining({ code: 'invalid-cursor', kind: 'invalid' }),
      );
    }
  });

  it.each([
    ['cut', encodeCursor(list, ['x', 1]).slice(0, -5)],
    ['not base64', '%%%'],
    ['not an array', Buffer.from('{"a":1}').toString('base64url')],
    ['empty', ''],
    ['with another shape', encodeCursor(list, ['x'])],
    [
      'with an altered position',
      Buffer.from(
        Buffer.from(encodeCursor(list, ['x', 1]), 'base64url')
          .toString()
          .replace(',1]', ',2]'),
      ).toString('base64url'),
    ],
  ])('a cursor that is %s is refused, naming the field', (_, cursor) => {
    expect(() => decodeCursor(list, cursor, position)).toThrow(
      expect.objectContaining({
        code: 'invalid-cursor',
        issues: [expect.objectContaining({ pointer: '/cursor', in: 'query' })],
      }),
    );
  });
});
