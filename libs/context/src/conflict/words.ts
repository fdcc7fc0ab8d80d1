import { MONTHS, NUMBER_WORDS, stemOf, UNITS, WEEKDAYS } from './vocabulary.js';

/** A word, or a mark that separates words. */
export interface Word {
  /** As it is written. */
  readonly text: string;
  readonly lower: string;
  readonly stem: string;
  /**
   * `value`: a number, a version, a date, or a part of one. `name`: begins with a capital letter though no sentence begins there, or has
   * one inside. `mark`: no word.
   */
  readonly kind: 'word' | 'value' | 'name' | 'mark';
}

const WORDS = /[\p{L}\p{N}_@#$€£][\p{L}\p{N}_'’@#$€£%+]*(?:[.:/-][\p{L}\p{N}_'’%+]+)*|[,;:()–—"“”=&%]/gu;
const MARK = /^[,;:()–—"“”=]$/;
const THOUSANDS = /(?<=\d),(?=\d{3}(?!\d))/g;

/** The words of a sentence in order. Linear in its length. */
export function wordsOf(sentence: string): readonly Word[] {
  const words: Word[] = [];
  let isFirst = true;
  for (const [text] of sentence.replaceAll(THOUSANDS, '').matchAll(WORDS)) {
    const lower = text.toLowerCase().replaceAll('’', "'");
    if (MARK.test(text)) {
      words.push({ text, lower, stem: lower, kind: 'mark' });
      continue;
    }
    const before = words.at(-1);
    // "one of them" names something, "one hour" is a value.
    if (before?.lower === 'one' && UNITS.has(lower)) words[words.length - 1] = { ...before, kind: 'value' };
    words.push({ text, lower, stem: stemOf(lower), kind: kindOf(text, lower, isFirst, words.at(-1)) });
    isFirst = false;
  }
  return words;
}

function kindOf(text: string, lower: string, isFirst: boolean, before: Word | undefined): Word['kind'] {
  if (/\d/.test(text) || NUMBER_WORDS.has(lower) || WEEKDAYS.has(lower)) return 'value';
  const isCapital = /^\p{Lu}/u.test(text);
  if (isCapital && MONTHS.has(lower) && !isFirst) return 'value';
  if (before?.kind === 'value' && UNITS.has(lower)) return 'value';
  if (/^.+\p{Lu}/u.test(text) || (isCapital && !isFirst && lower !== 'i')) return 'name';
  return 'word';
}

/** Where `part` stands in `words`, by stems of words and letters of values; -1: nowhere. An empty part stands nowhere. */
export function placeOf(part: readonly string[], words: readonly Word[]): number {
  if (part.length === 0) return -1;
  for (let start = 0; start + part.length <= words.length; start++) {
    if (part.every((stem, place) => words[start + place]?.stem === stem)) return start;
  }
  return -1;
}
