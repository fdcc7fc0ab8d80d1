import fc from 'fast-check';
import { contextUri, findResource, handoverUri } from './resource-address.js';

describe('the address of a resource', () => {
  it('names the route that answers it', () => {
    expect(findResource(contextUri('1'))?.call.path).toBe('/v1/contexts/1');
    expect(findResource(handoverUri('1'))?.call.path).toBe('/v1/handovers/1');
    expect(findResource('keepsake://projects/a/handovers/latest')?.call.path).toBe('/v1/handovers/latest?project=a');
    expect(findResource('keepsake://projects/a/contexts/x%2Fy%20z')?.call.path).toBe(
      '/v1/projects/a/contexts/x%2Fy%20z',
    );
    // Not every client encodes the slashes of a label.
    expect(findResource('keepsake://projects/a/contexts/x/y')?.call.path).toBe('/v1/projects/a/contexts/x%2Fy');
  });

  it.each([
    '',
    'keepsake://',
    'keepsake://contexts/',
    'keepsake://contexts/a/b',
    'keepsake://contexts/..',
    'keepsake://contexts/%2e%2E',
    'keepsake://contexts/%E0%A4',
    'keepsake://contexts/\ud800',
    'keepsake://contexts/a?b',
    'http://contexts/a',
  ])('is none: %j', (uri) => {
    expect(findResource(uri)).toBeUndefined();
  });

  it('never leads to another route, whatever the label', () => {
    fc.assert(
      fc.property(
        fc
          .string({ unit: 'binary', minLength: 1 })
          .filter((text) => text.isWellFormed() && !['.', '..'].includes(text)),
        (label) => {
          const found = findResource(`keepsake://projects/p/contexts/${encodeURIComponent(label)}`);
          const { pathname, search } = new URL(found?.call.path ?? '', 'http://keepsake');
          expect([pathname.startsWith('/v1/projects/p/contexts/'), search]).toEqual([true, '']);
          expect(decodeURIComponent(pathname.slice('/v1/projects/p/contexts/'.length))).toBe(label);
        },
      ),
    );
  });
});
