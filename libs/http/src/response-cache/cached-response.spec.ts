import { directivesOf } from './cached-response.js';

const none = { noCache: false, noStore: false, onlyIfCached: false, maxAgeSeconds: undefined };

describe('request directives (RFC 9111, section 5.2.1)', () => {
  it.each([
    [undefined, undefined, none],
    ['no-cache', undefined, { ...none, noCache: true }],
    ['NO-CACHE', undefined, { ...none, noCache: true }],
    ['max-age=0, only-if-cached', undefined, { ...none, maxAgeSeconds: 0, onlyIfCached: true }],
    ['max-age="30"', undefined, { ...none, maxAgeSeconds: 30 }],
    ['max-age=-1', undefined, none],
    ['max-age', undefined, none],
    ['no-store,no-cache', undefined, { ...none, noStore: true, noCache: true }],
    [undefined, 'no-cache', { ...none, noCache: true }],
    ['max-age=5', 'no-cache', { ...none, maxAgeSeconds: 5 }],
    ['no-cachee, x=no-cache', undefined, none],
  ])('%s / %s', (cacheControl, pragma, expected) => {
    expect(directivesOf(cacheControl, pragma)).toEqual(expected);
  });
});
