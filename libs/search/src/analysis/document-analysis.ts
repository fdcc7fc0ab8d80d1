import { WorkPauses } from '#kernel';
import { literals } from './literals.js';
import { type AnalysisOptions, tokens } from './words.js';

/** A stretch of a document with its words, small enough for one tsvector. */
interface Segment {
  readonly text: string;
  /** Words in order, then of each passage the extras and each literal once, separated by spaces. */
  readonly words: string;
  /**
   * At which word, from 1, the words of each passage of the segment begin, and then at which its extras begin: two numbers a
   * passage. Of a segment of one passage: 1.
   */
  readonly starts: readonly number[];
}

export interface DocumentAnalysis {
  /** Words of the label; empty where it has none that say anything. */
  readonly labelWords: string;
  readonly segments: readonly Segment[];
  /** How many passages the segments have. */
  readonly passageCount: number;
  /** Distinct words that a query word which nothing holds may have meant. */
  readonly vocabulary: readonly string[];
}

/**
 * Positions in a tsvector end at 16,383 and its lexemes at 1 MB in all. 8,000 characters give at most 8,000 words and
 * as many extras, whatever the script. The same number bounds what a snippet reads.
 */
const MAX_SEGMENT_LENGTH = 8_000;

/**
 * What is ranked: a text says something about a question in one place, and a long one that does is not worth less for all else
 * it says. Measured by `bench/retrieval`: 300 and 600 characters are no better.
 */
const PASSAGE_LENGTH = 400;

/** The passages of a text that would have more are longer: it bounds how many postings a term has in one document. */
const MOST_PASSAGES = 256;

/**
 * Words that spelling is corrected to and from, and near words are looked for: long enough that a neighbour is likely
 * meant, and no numbers. Three letters are only near to others (see `nearWords`).
 */
const SPELLABLE = /^[\p{L}\p{M}]{3,40}$/u;

/** Labels are often mere identifiers; only words that a person could ask for are taken from them. */
const SIGNIFICANT_LABEL_WORD = /^\p{L}{3,}$|[^\x00-\x7f]/u;

export function isSpellable(word: string): boolean {
  return SPELLABLE.test(word);
}

/** What the index stores of a document. Linear in the length of its text. */
export function analyseDocument(label: string | undefined, text: string, options: AnalysisOptions): DocumentAnalysis {
  const steps = analysisOf(label, text, options);
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
}

/** The same for a text of any length: others run between two of its segments. */
export async function analyseLongDocument(
  label: string | undefined,
  text: string,
  options: AnalysisOptions,
): Promise<DocumentAnalysis> {
  const pauses = new WorkPauses();
  const steps = analysisOf(label, text, options);
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done === true) return step.value;
    await pauses.pauseIfDue();
  }
}

const SENTENCE_ENDS = ['. ', '? ', '! ', '。', '？', '！'];

function* analysisOf(
  label: string | undefined,
  text: string,
  options: AnalysisOptions,
): Generator<undefined, DocumentAnalysis> {
  const vocabulary = new Set<string>();
  const labelWords = wordsIn(label ?? '', [], options, (word) => SIGNIFICANT_LABEL_WORD.test(word), vocabulary).words;
  const segments: Segment[] = [];
  const passageLength = Math.max(PASSAGE_LENGTH, Math.ceil(text.length / MOST_PASSAGES));
  let passageCount = 0;
  for (const part of cut(text, MAX_SEGMENT_LENGTH)) {
    const ends = endsOf(cut(part, passageLength));
    segments.push({ text: part, ...wordsIn(part, ends, options, () => true, vocabulary) });
    passageCount += ends.length;
    yield;
  }
  return { labelWords, segments, passageCount, vocabulary: [...vocabulary] };
}

interface PassageWords {
  readonly words: string[];
  readonly extras: string[];
  readonly literals: Set<string>;
}

/** @param ends of its passages, in UTF-16 units. A word is of the passage that it begins in. */
function wordsIn(
  text: string,
  ends: readonly number[],
  options: AnalysisOptions,
  keep: (word: string) => boolean,
  vocabulary: Set<string>,
): Pick<Segment, 'words' | 'starts'> {
  const passages = Array.from({ length: Math.max(1, ends.length) }, (): PassageWords => ({
    words: [],
    extras: [],
    literals: new Set(),
  }));
  const passageAt = (start: number) =>
    passages[
      Math.max(
        0,
        ends.findIndex((end) => start < end),
      )
    ]!;
  for (const token of tokens(text, options)) {
    const { words, extras } = passageAt(token.start);
    for (const word of token.words) {
      if (!keep(word)) continue;
      words.push(word);
      if (isSpellable(word)) vocabulary.add(word);
    }
    for (const extra of token.extras) if (keep(extra)) extras.push(extra);
  }
  for (const literal of literals(text)) if (keep(literal.text)) passageAt(literal.start).literals.add(literal.term);
  const stretches = [
    ...passages.map(({ words }) => words),
    ...passages.map(({ extras, literals: found }) => [...extras, ...found]),
  ];
  let next = 1;
  const starts = stretches.map(({ length }) => (next += length) - length);
  return { words: stretches.flat().join(' '), starts: passages.length === 1 ? [1] : starts };
}

function endsOf(parts: readonly string[]): number[] {
  let end = 0;
  return parts.map(({ length }) => (end += length));
}

/** Cuts at the end of a line where there is one in the second half, else of a sentence, else of a word, else between characters. */
function cut(text: string, length: number): string[] {
  const parts: string[] = [];
  let start = 0;
  while (text.length - start > length) {
    const window = text.slice(start, start + length);
    const sentence = Math.max(...SENTENCE_ENDS.map((end) => window.lastIndexOf(end)));
    const candidates = [window.lastIndexOf('\n'), sentence, window.lastIndexOf(' ')].map((index) => index + 1);
    const end = candidates.find((index) => index > length / 2) ?? wholeCharacters(window);
    parts.push(window.slice(0, end));
    start += end;
  }
  const rest = text.slice(start);
  // White space alone is no passage.
  if (parts.length === 0 || rest.trim() !== '') return [...parts, rest];
  return [...parts.slice(0, -1), `${parts.at(-1) ?? ''}${rest}`];
}

function wholeCharacters(window: string): number {
  const last = window.charCodeAt(window.length - 1);
  const isHighSurrogate = last >= 0xd800 && last <= 0xdbff;
  return isHighSurrogate ? window.length - 1 : window.length;
}
