import { cpuMs, isSlowOnHostileText, shorterHostileTexts } from '#test/support/hostile-texts.js';
import { type Rule, rulesOf } from './rules-of.js';
import { statementsOf, violationOf } from './violations-of.js';

describe('T66 256 KiB of hostile text', () => {
  it.each([...shorterHostileTexts])('takes time in proportion to its length: %s', (_, text) => {
    expect(isSlowOnHostileText(() => rulesOf(text))).toBe(false);
    expect(isSlowOnHostileText(() => statementsOf(text))).toBe(false);
  });

  it('states a rule whose name has sixty dashes, and no check hangs on it', () => {
    const name = `${'a-'.repeat(60)}a`;
    expect(rulesOf(`use ${name} a b c d e f g`)).toEqual([]);
    expect(rulesOf(`Use ${name} instead of b.`)).toMatchObject([{ use: { what: name, insteadOf: 'b' } }]);
  });

  it.each<[string, Rule, string]>([
    ['the same word', { kind: 'never', text: `never ${'go '.repeat(39)}home` }, `${'go '.repeat(6_500)}home`],
    ['a rule of words without end', { kind: 'never', text: `never ${'go '.repeat(160)}home` }, 'go '.repeat(6_500)],
    [
      'uses',
      { kind: 'use', text: 'Use x for y.', use: { what: 'x', purpose: 'a b c' } },
      'use q for a b '.repeat(1_400),
    ],
  ])('is held against a rule in time that grows with its length, and no faster: %s', (_, rule, text) => {
    const costOf = (length: number): number => {
      const statements = statementsOf(text.slice(-length));
      return cpuMs(() => Array.from({ length: 10 }, () => violationOf(rule, statements)));
    };
    costOf(text.length / 8);
    // Eight times the length: quadratic work would be sixty-four times as much.
    expect(costOf(text.length)).toBeLessThan(24 * Math.max(costOf(text.length / 8), 5));
  });
});
