/**
 * Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours, each of cost 1.
 * Source: Boytsov, "Indexing methods for approximate dictionary searching", 2011. In characters, not UTF-16 units.
 */
export function editDistance(first: string, second: string): number {
  const a = [...first];
  const b = [...second];
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substitution = previous[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      let distance = Math.min(previous[column]! + 1, current[column - 1]! + 1, substitution);
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) distance = Math.min(distance, beforePrevious[column - 2]! + 1);
      current.push(distance);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length]!;
}

/** A word of the project that resembles a query word which nothing holds. */
export interface SimilarWord {
  readonly word: string;
  readonly candidate: string;
  /** The candidate's term in the index, and how many passages of the project hold it. */
  readonly term: string;
  readonly passageFrequency: number;
}

interface Correction extends SimilarWord {
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
