import { runInRequestContext } from '../logging/request-context.js';
import { RequestTimings, roundedTimings, serverTimingOf } from './request-timings.js';
import { beginSpan, measured } from './spans.js';

describe('where the time of a request goes', () => {
  let nowMs: number;
  let timings: RequestTimings;

  beforeEach(() => {
    nowMs = 1_000;
    timings = new RequestTimings(() => nowMs);
  });

  const inRequest = <Result>(work: () => Result): Result => runInRequestContext({ requestId: 'r', timings }, work);
  /** Work that takes this long. */
  const taking = (ms: number) => async () => {
    await Promise.resolve();
    nowMs += ms;
  };

  it('adds up to the total', () => {
    nowMs += 5;
    timings.begin('cache');
    nowMs += 1;
    timings.end('cache');
    timings.begin('database');
    nowMs += 20;
    timings.end('database');
    nowMs += 2;
    expect(timings.report()).toEqual({
      totalMs: 28,
      cacheMs: 1,
      databaseMs: 20,
      providerMs: 0,
      processingMs: 7,
    });
  });

  it('counts what runs at the same time once: a provider before the database, the database before the cache', () => {
    timings.begin('cache');
    nowMs += 1;
    timings.begin('database');
    nowMs += 2;
    timings.begin('database');
    timings.begin('provider');
    nowMs += 4;
    timings.end('provider');
    timings.end('database');
    nowMs += 8;
    timings.end('database');
    nowMs += 16;
    timings.end('cache');
    expect(timings.report()).toMatchObject({
      totalMs: 31,
      cacheMs: 17,
      databaseMs: 10,
      providerMs: 4,
      processingMs: 0,
    });
  });

  it('counts work to the request that it is done for, also when it fails, and nothing outside of one', async () => {
    await measured('database', 'outside', taking(1));
    await inRequest(() => measured('database', 'inside', taking(10)));
    const failing = () => taking(5)().then(() => Promise.reject(new Error('no')));
    await expect(inRequest(() => measured('database', 'failing', failing))).rejects.toThrow('no');
    nowMs += 100;
    expect(timings.report()).toMatchObject({ totalMs: 116, databaseMs: 15, processingMs: 101 });
    expect(beginSpan('cache', 'outside')).toBeUndefined();
  });

  it('leaves out what a span does apart, also when the caller was answered before', async () => {
    const span = inRequest(() => beginSpan('cache', 'read'))!;
    nowMs += 1;
    await span.apart(taking(10));
    nowMs += 1;
    let finish!: () => void;
    const rest = span.apart(() => new Promise<void>((done) => (finish = done)));
    nowMs += 20;
    span.end();
    span.end();
    finish();
    await rest;
    await span.apart(taking(40));
    expect(timings.report()).toMatchObject({ cacheMs: 2, processingMs: 70 });
  });

  it('is reported in the form of Server-Timing, to the microsecond', () => {
    timings.begin('provider');
    nowMs += 12.345678;
    expect(serverTimingOf(timings.report())).toBe(
      'total;dur=12.346, cache;dur=0, database;dur=0, provider;dur=12.346, processing;dur=0',
    );
    expect(roundedTimings(timings.report())).toMatchObject({ totalMs: 12.346, providerMs: 12.346 });
  });
});
