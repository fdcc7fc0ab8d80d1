import { isNegation } from './sentence-parts.js';
import type { Word } from './words.js';

/*
 * What a sentence says of a change besides that it happened: that it did not, that it holds no more, or that there is more to it.
 */

/** Why something was done is said behind these words. */
const REASONS = new Set(['because', 'since']);
/** Behind a change, they say that it holds no more, or never did. */
const UNDONE = new Set([
  'undone',
  'reverted',
  'returned',
  'reversed',
  'withdrawn',
  'wrong',
  'wrongly',
  'mistake',
  'mistakenly',
]);
/** Behind a change, they begin what else there is to say of it. */
const HEDGES = new Set([
  'and',
  'but',
  'then',
  'which',
  'who',
  'that',
  'though',
  'although',
  'however',
  'except',
  'only',
  'until',
  'till',
  'unless',
  'while',
  'partly',
  'partially',
  'mostly',
  'again',
  'some',
  'half',
]);

function isUndone(words: readonly Word[]): boolean {
  return words.some(({ lower }, place) => {
    if (UNDONE.has(lower)) return true;
    const [before, behind, next] = [words[place - 1]?.lower ?? '', words[place + 1], words[place + 2]];
    if (lower === 'back') return ['and', 'then', 'but'].includes(before);
    if (lower === 'rolled') return behind?.lower === 'back';
    // "for two weeks"
    return (
      lower === 'for' && (behind?.kind === 'value' || behind?.lower === 'a') && UNITS_OF_TIME.has(next?.stem ?? '')
    );
  });
}

const UNITS_OF_TIME = new Set(['minut', 'hour', 'day', 'week', 'month', 'quarter', 'year', 'season', 'whil']);

/** The sentence without its reason, which may deny anything. */
export function withoutReason(words: readonly Word[]): readonly Word[] {
  const reason = words.findIndex(
    ({ lower }, place) => place > 1 && REASONS.has(lower) && words[place - 1]?.lower !== 'only',
  );
  return reason === -1 ? words : words.slice(0, reason);
}

/** Whether it did not happen, or holds no more. @param change without its reason */
export function isNoChange(change: readonly Word[]): boolean {
  return change.some((word) => isNegation(word)) || isUndone(change);
}

/** Whether there is more to it than when, where, what for and why. */
export function isHedged(words: readonly Word[]): boolean {
  return words.some(({ lower }) => HEDGES.has(lower));
}
