import { literals } from './analysis/literals.js';
import { type AnalysisOptions, tokens } from './analysis/words.js';
import type { Passage } from './persistence/keyword-index.js';
import type { WeightedTerm } from './search.js';

/** Length of a snippet in UTF-16 units, without its ellipses. */
export const SNIPPET_LENGTH = 240;

interface Match {
  readonly start: number;
  readonly end: number;
  readonly term: string;
  readonly weight: number;
}

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/**
 * A stretch of the passage around the words that say most: the window of `SNIPPET_LENGTH` whose distinct terms weigh
 * most, the earliest of equals. On one line, never cut inside a word where a space is near, never inside a grapheme
 * (Unicode UAX #29). The same input gives the same snippet.
 */
export function snippetOf(
  passage: Pick<Passage, 'text' | 'matches'>,
  terms: readonly WeightedTerm[],
  options: AnalysisOptions,
): string {
  const matches = locate(passage, terms, options);
  const { from, to } = bestWindow(matches);
  const { text } = passage;
  if (text.length <= SNIPPET_LENGTH) return onOneLine(text);
  const slack = Math.max(0, SNIPPET_LENGTH - (to - from));
  const start = Math.max(0, Math.min(from - Math.floor(slack / 3), text.length - SNIPPET_LENGTH));
  return cut(text, start, from, Math.min(text.length, start + SNIPPET_LENGTH));
}

function locate(
  passage: Pick<Passage, 'text' | 'matches'>,
  terms: readonly WeightedTerm[],
  options: AnalysisOptions,
): Match[] {
  const weights = new Map(terms.map(({ term, weight }) => [term, weight]));
  const termAt = new Map<number, string>();
  for (const { term, positions } of passage.matches) for (const position of positions) termAt.set(position, term);
  const matches: Match[] = [];
  let position = 0;
  for (const { start, end, words, extras } of tokens(passage.text, options)) {
    for (const term of extras)
      if (weights.has(term)) matches.push({ start, end, term, weight: weights.get(term) ?? 0 });
    for (let index = 0; index < words.length; index++) {
      position++;
      const term = termAt.get(position);
      if (term !== undefined) matches.push({ start, end, term, weight: weights.get(term) ?? 0 });
    }
  }
  for (const { start, end, term } of literals(passage.text))
    if (weights.has(term)) matches.push({ start, end, term, weight: weights.get(term) ?? 0 });
  return matches.sort((left, right) => left.start - right.start);
}

function bestWindow(matches: readonly Match[]): { from: number; to: number } {
  let best = { from: 0, to: 0, weight: 0 };
  for (let first = 0; first < matches.length; first++) {
    const from = matches[first]!.start;
    const seen = new Set<string>();
    let weight = 0;
    let to = from;
    for (let index = first; index < matches.length; index++) {
      const match = matches[index]!;
      if (match.end - from > SNIPPET_LENGTH) break;
      to = match.end;
      if (!seen.has(match.term)) weight += match.weight;
      seen.add(match.term);
    }
    if (weight > best.weight) best = { from, to, weight };
  }
  return best;
}

/** Cuts at graphemes, and at a space where one lies within the outer quarter of the window. */
function cut(text: string, start: number, firstMatch: number, end: number): string {
  const from =
    start === 0 ? 0 : boundaryAfter(text, start, Math.min(firstMatch, start + Math.floor(SNIPPET_LENGTH / 4)));
  const to = end === text.length ? end : boundaryBefore(text, from, end);
  return `${from > 0 ? '…' : ''}${onOneLine(text.slice(from, to))}${to < text.length ? '…' : ''}`;
}

function boundaryAfter(text: string, start: number, latest: number): number {
  const space = text.slice(start, latest).search(/\s/);
  if (space >= 0) return start + space + 1;
  // Graphemes are counted from a little before: one that holds `start` began there or shortly ahead of it.
  const origin = Math.max(0, start - 64);
  for (const { index } of graphemes.segment(text.slice(origin, start + 64)))
    if (origin + index >= start) return origin + index;
  return start;
}

function boundaryBefore(text: string, from: number, end: number): number {
  const window = text.slice(from, end);
  const space = window.search(/\s\S*$/);
  if (space > (window.length * 3) / 4) return from + space;
  let last = 0;
  for (const { index, segment } of graphemes.segment(text.slice(from, end + 64))) {
    if (from + index + segment.length > end) break;
    last = index + segment.length;
  }
  return from + last;
}

function onOneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
