import { WorkPauses } from '#kernel';
import { literals } from './literals.js';
import { type AnalysisOptions, tokens } from './words.js';

/** A stretch of a document with its words, small enough for one tsvector. */
interface Segment {
  readonly text: string;
  /** Words in order, then the extras and each literal once, separated by spaces. */
  readonly words: string;
}

export interface DocumentAnalysis {
  /** Words of the label; empty where it has none that say anything. */
  readonly labelWords: string;
  readonly segments: readonly Segment[];
  /** Distinct words that a query word which nothing holds may have meant. */
  readonly vocabulary: readonly string[];
}

/**
 * Positions in a tsvector end at 16,383 and its lexemes at 1 MB in all. 8,000 characters give at most 8,000 words and
 * as many extras, whatever the script. The same number bounds what a snippet reads.
 */
const MAX_SEGMENT_LENGTH = 8_000;

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

function* analysisOf(
  label: string | undefined,
  text: string,
  options: AnalysisOptions,
): Generator<undefined, DocumentAnalysis> {
  const vocabulary = new Set<string>();
  const labelWords = wordsOf(label ?? '', options, (word) => SIGNIFICANT_LABEL_WORD.test(word), vocabulary);
  const segments: Segment[] = [];
  for (const part of cutIntoSegments(text)) {
    segments.push({ text: part, words: wordsOf(part, options, () => true, vocabulary) });
    yield;
  }
  return { labelWords, segments, vocabulary: [...vocabulary] };
}

function wordsOf(
  text: string,
  options: AnalysisOptions,
  keep: (word: string) => boolean,
  vocabulary: Set<string>,
): string {
  const words: string[] = [];
  const extras: string[] = [];
  for (const token of tokens(text, options)) {
    for (const word of token.words) {
      if (!keep(word)) continue;
      words.push(word);
      if (isSpellable(word)) vocabulary.add(word);
    }
    for (const extra of token.extras) if (keep(extra)) extras.push(extra);
  }
  const found = [...literals(text)].filter(({ text: written }) => keep(written)).map(({ term }) => term);
  return [...words, ...extras, ...new Set(found)].join(' ');
}

/** Cuts at the end of a line where there is one in the second half, else of a word, else between characters. */
function cutIntoSegments(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  while (text.length - start > MAX_SEGMENT_LENGTH) {
    const window = text.slice(start, start + MAX_SEGMENT_LENGTH);
    const half = MAX_SEGMENT_LENGTH / 2;
    const candidates = [window.lastIndexOf('\n'), window.lastIndexOf(' ')].map((index) => index + 1);
    const cut = candidates.find((index) => index > half) ?? wholeCharacters(window);
    parts.push(window.slice(0, cut));
    start += cut;
  }
  parts.push(text.slice(start));
  return parts;
}

function wholeCharacters(window: string): number {
  const last = window.charCodeAt(window.length - 1);
  const isHighSurrogate = last >= 0xd800 && last <= 0xdbff;
  return isHighSurrogate ? window.length - 1 : window.length;
}
