import { BOUNDARIES, CHANGED, NEGATIONS, PREPOSITIONS, STOP_WORDS, TIME_WORDS, USE_VERBS } from './vocabulary.js';
import type { Word } from './words.js';

/** Names of things are short, in words. */
export const LONGEST_NAME = 6;

export function isNegation({ lower }: Word): boolean {
  return NEGATIONS.has(lower) || lower.endsWith("n't");
}

/** Where a reason or another clause begins. */
export function endOfClause(words: readonly Word[], start: number): number {
  const end = words.findIndex(
    ({ lower, kind }, place) =>
      place > start && (kind === 'mark' || ['because', 'since', 'but', 'so', 'which', 'after', 'now'].includes(lower)),
  );
  return end === -1 ? words.length : end;
}

/** What a sentence is about: no words that name nothing, no times, and where asked no verbs of use and change. */
export function contentOf(words: readonly Word[], keepsVerbs: boolean): readonly Word[] {
  return words.filter((word) => {
    const { lower, stem, kind } = word;
    return (
      kind !== 'mark' &&
      !isNegation(word) &&
      !STOP_WORDS.has(lower) &&
      !TIME_WORDS.has(lower) &&
      (keepsVerbs || (!CHANGED.has(lower) && !(USE_VERBS.has(stem) && kind === 'word')))
    );
  });
}

/** "for S", "in S" right behind a name; what follows after that is another matter. */
export function purposeOf(behind: readonly Word[]): readonly Word[] {
  const [preposition] = behind;
  if (preposition === undefined || !['for', 'in', 'on', 'as', 'of'].includes(preposition.lower)) return [];
  const end = behind.findIndex(
    ({ lower, kind }, place) =>
      place > 0 &&
      (kind === 'mark' || ['because', 'since', 'but', 'so', 'and', 'during', 'after', 'which'].includes(lower)),
  );
  const purpose = behind.slice(1, end === -1 ? behind.length : end);
  return purpose.some(({ lower, kind }) => kind === 'value' || TIME_WORDS.has(lower)) ? [] : purpose;
}

/** The name that begins at a place and ends before the next boundary. */
export function nameFrom(words: readonly Word[], start: number): readonly Word[] {
  const rest = words.slice(start);
  const end = rest.findIndex(({ lower }) => BOUNDARIES.has(lower));
  return rest.slice(0, Math.min(end === -1 ? rest.length : end, LONGEST_NAME));
}

/** The name that ends before a place: back to the next verb of use or boundary. */
export function nameBefore(words: readonly Word[], end: number): readonly Word[] {
  let start = end;
  while (start > 0 && end - start < LONGEST_NAME) {
    const word = words[start - 1];
    if (word === undefined || BOUNDARIES.has(word.lower) || (USE_VERBS.has(word.stem) && word.kind === 'word')) break;
    start--;
  }
  return words.slice(start, end);
}

export function pairOf(words: readonly Word[], phrases: readonly (readonly string[])[]) {
  for (const phrase of phrases) {
    const start = words.findIndex((_, place) => phrase.every((part, index) => words[place + index]?.lower === part));
    if (start !== -1) return { start, end: start + phrase.length };
  }
  return undefined;
}
/** "rather than on disk", "is published to JSR": where the name begins. */
export function withoutPreposition(words: readonly Word[], start: number): number {
  return PREPOSITIONS.has(words[start]?.lower ?? '') ? start + 1 : start;
}
