import { formatDuration, parseDurationMs, parseExpiry } from './duration.js';
import { UsageError } from './cli-error.js';

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

const now = new Date('2030-01-01T00:00:00.000Z');

describe('--expires', () => {
  it.each([
    ['90m', '2030-01-01T01:30:00.000Z'],
    ['12h', '2030-01-01T12:00:00.000Z'],
    ['30d', '2030-01-31T00:00:00.000Z'],
    ['2w', '2030-01-15T00:00:00.000Z'],
    ['2030-06-01', '2030-06-01T00:00:00.000Z'],
    ['2030-06-01T12:00:00+02:00', '2030-06-01T10:00:00.000Z'],
  ])('%s is %s', (text, expected) => {
    expect(parseExpiry(text, now).toISOString()).toBe(expected);
  });

  it.each(['', 'soon', '30', '30y', '-1d', '2030-02-31', '1', '99999999d'])('%j is refused', (text) => {
    expect(() => parseExpiry(text, now)).toThrow(UsageError);
  });
});
