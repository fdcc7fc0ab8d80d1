import { cutAtGrapheme } from './text.js';

describe('cutAtGrapheme', () => {
  it('leaves a text that fits as it is', () => {
    expect(cutAtGrapheme('abc', 3)).toBe('abc');
  });

  it.each([
    ['a family of four', 'ab👩‍👩‍👧‍👦cd', 5, 'ab'],
    ['a surrogate pair', 'a😀b', 2, 'a'],
    ['a combining mark', 'ae\u0301x', 2, 'a'],
    ['a flag', '🇩🇪🇫🇷', 5, '🇩🇪'],
    ['CR LF', 'a\r\nb', 2, 'a'],
  ])('does not split %s', (_, text, maxLength, expected) => {
    expect(cutAtGrapheme(text, maxLength)).toBe(expected);
  });

  it('takes time for what it keeps, not for the whole text', () => {
    expect(cutAtGrapheme('x'.repeat(1_000_000), 500)).toHaveLength(500);
  });
});
