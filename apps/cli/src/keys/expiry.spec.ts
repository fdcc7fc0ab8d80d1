import { UsageError } from '../cli-error.js';
import { parseExpiry } from './expiry.js';

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
