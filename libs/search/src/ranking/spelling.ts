import { editDistance } from '../analysis/edit-distance.js';

/** A word of the project that resembles a query word which nothing holds. */
export interface SimilarWord {
  readonly word: string;
  readonly candidate: string;
  /** The candidate's term in the index, and how many documents of the project hold it. */
  readonly term: string;
  readonly documentFrequency: number;
}

export interface Correction extends SimilarWord {
  /** Share of the weight that the candidate keeps, below 1: a guess counts less than what was asked for. */
  readonly discount: number;
}

const CORRECTIONS_PER_WORD = 3;
const DISCOUNT_PER_EDIT = 0.5;

/** Words of so many letters are one edit from too many others. */
const SHORT = 3;

/** One edit in a word of four or five letters, two in a longer one (nearly Elasticsearch's fuzziness AUTO). */
function allowedEdits(word: string): number {
  if (word.length <= SHORT) return 0;
  return word.length > 5 ? 2 : 1;
}

/**
 * Which of the similar words a misspelt one may stand for, closest first. Trigrams propose, the edit distance decides:
 * trigrams alone take `hobbit` for `hobby`.
 */
export function corrections(similar: readonly SimilarWord[]): Correction[] {
  const near = similar
    .map((entry) => ({ ...entry, distance: editDistance(entry.word, entry.candidate) }))
    .filter(({ word, candidate, distance }) => candidate.length > SHORT && distance <= allowedEdits(word))
    .sort((a, b) => compare(a.word, b.word) || a.distance - b.distance || compare(a.candidate, b.candidate));
  const taken = new Map<string, Set<string>>();
  return near.flatMap(({ distance, ...entry }) => {
    const terms = taken.get(entry.word) ?? new Set();
    taken.set(entry.word, terms);
    if (terms.has(entry.term) || terms.size >= CORRECTIONS_PER_WORD) return [];
    terms.add(entry.term);
    return [{ ...entry, discount: DISCOUNT_PER_EDIT ** distance }];
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
