import type { SimilarWord } from './spelling.js';

/** A word of the project that is near a query word, and the share of its weight that it keeps, below 1. */
interface NearWord extends SimilarWord {
  readonly discount: number;
}

const GRAM = 3;
const LEAST_SHARED = 0.6;
/** A word of three letters or fewer is near only to what begins or ends with it and is hardly longer: код, кода. */
const SHORT = 3;
const MOST_BESIDE_SHORT = 2;
const NEAR_PER_WORD = 10;
/** A near word counts for less than half of the word itself. */
const MOST_KEPT = 0.5;

/**
 * Which of the candidates a word may stand for that nothing holds: another inflection (тесты, тестов), a compound and
 * its part (Krankenversicherung, Krankenversicherungsbeiträge), a word with an article or without (قهوة, القهوة). By the
 * n-grams of the shorter of both words: near is what shares three fifths of them, or holds the other word whole.
 * Nearest first.
 */
export function nearWords(candidates: readonly SimilarWord[]): NearWord[] {
  const near = candidates
    .map((entry) => ({ ...entry, discount: MOST_KEPT * likeness(entry.word, entry.candidate) }))
    .filter(({ discount }) => discount > 0)
    .sort((a, b) => compare(a.word, b.word) || b.discount - a.discount || compare(a.candidate, b.candidate));
  const taken = new Map<string, Set<string>>();
  return near.filter(({ word, term }) => {
    const terms = taken.get(word) ?? new Set();
    taken.set(word, terms);
    if (terms.has(term) || terms.size >= NEAR_PER_WORD) return false;
    terms.add(term);
    return true;
  });
}

/** From 0, where they are not near, to 1. The longer a word is beside the other, the less it has to do with it. */
function likeness(first: string, second: string): number {
  const [shorter, longer] = [...first].length <= [...second].length ? [first, second] : [second, first];
  const [least, most] = [[...shorter].length, [...longer].length];
  const isAtAnEnd = longer.startsWith(shorter) || longer.endsWith(shorter);
  if (least <= SHORT && (most - least > MOST_BESIDE_SHORT || !isAtAnEnd)) return 0;
  const grams = gramsOf(shorter);
  const others = new Set(gramsOf(longer));
  const shared = longer.includes(shorter) ? 1 : grams.filter((gram) => others.has(gram)).length / grams.length;
  if (shared < LEAST_SHARED) return 0;
  return (shared * (1 + least / most)) / 2;
}

/** With a mark before the first character: words that begin alike are nearer. */
function gramsOf(word: string): string[] {
  const characters = ['<', ...word];
  return Array.from({ length: Math.max(1, characters.length - GRAM + 1) }, (_, start) =>
    characters.slice(start, start + GRAM).join(''),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
