import { formatDuration, parseDurationMs } from './duration.js';

describe('durations', () => {
  it.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['5m', 300_000],
    ['12h', 43_200_000],
    ['30d', 2_592_000_000],
    ['2w', 1_209_600_000],
    ['0s', 0],
  ])('%s are %d milliseconds', (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms);
  });

  it.each(['', '5', 'm', '-5m', '5 m', '1.5h', '5M', '5minutes', '9999999d'])('%j is none', (text) => {
    expect(parseDurationMs(text)).toBeUndefined();
  });

  it.each([
    [0.1234, '0.123 ms'],
    [90, '90 ms'],
    [1_500, '1.5 s'],
    [720_000, '12 min'],
    [10_800_000, '3 h'],
    [604_800_000, '7 d'],
  ])('%d ms read %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});
