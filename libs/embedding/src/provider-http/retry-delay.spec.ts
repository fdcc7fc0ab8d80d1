import { askedDelayMs, backoffMs, durationMs } from './retry-delay.js';

describe('durationMs', () => {
  it.each([
    ['1s', 1_000],
    ['6m0s', 360_000],
    ['17ms', 17],
    ['1h2m3.5s', 3_723_500],
    ['20', 20_000],
    ['', undefined],
    ['soon', undefined],
    ['-1s', undefined],
    ['5s later', undefined],
  ])('reads %s', (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });
});

describe('askedDelayMs', () => {
  const at = Date.UTC(2030, 0, 1);

  it('prefers what is exact', () => {
    expect(askedDelayMs(new Headers({ 'retry-after-ms': '250', 'retry-after': '9' }), at)).toBe(250);
  });
  it('takes a date in the past as now', () => {
    expect(askedDelayMs(new Headers({ 'retry-after': 'Mon, 31 Dec 2029 23:59:00 GMT' }), at)).toBe(0);
  });
  it('knows nothing where nothing is said', () => {
    expect(askedDelayMs(new Headers({ 'retry-after': 'later' }), at)).toBeUndefined();
  });
});

describe('backoffMs', () => {
  it('is a share of a bound that doubles up to a cap', () => {
    expect([1, 2, 3, 9].map((attempt) => backoffMs(attempt, 250, 8_000, 0.5))).toEqual([125, 250, 500, 4_000]);
    expect(backoffMs(1, 250, 8_000, 0)).toBe(0);
  });
});
