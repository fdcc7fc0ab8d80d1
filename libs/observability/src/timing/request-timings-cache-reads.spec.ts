import { CacheReads } from './request-timings.js';

describe('how the cache answered a request', () => {
  let reads: CacheReads;

  beforeEach(() => {
    reads = new CacheReads();
  });

  it('is a hit where every read was one, until the first value expires', () => {
    reads.note('hit', 9_000);
    reads.note('stale', 4_000);
    reads.note('hit', undefined);
    expect(reads.report(false)).toEqual({ status: 'hit', remainingMs: 4_000 });
  });

  it('is a miss with one miss, else a bypass with one read past the cache', () => {
    reads.note('hit', 9_000);
    reads.note('bypass', undefined);
    expect(reads.report(false)).toEqual({ status: 'bypass', remainingMs: undefined });
    reads.note('miss', undefined);
    reads.note('hit', 9_000);
    expect(reads.report(true)).toEqual({ status: 'miss', remainingMs: undefined });
  });

  it('is no hit where the database or a provider was asked beside it', () => {
    reads.note('hit', 9_000);
    expect(reads.report(true)).toEqual({ status: 'bypass', remainingMs: undefined });
  });

  it('is nothing where nothing was read, and of what was read before it began', () => {
    expect(reads.report(true)).toBeUndefined();
    reads.note('miss', undefined);
    reads.begin();
    expect(reads.report(false)).toBeUndefined();
  });
});
