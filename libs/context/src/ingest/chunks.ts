import { cutAtGrapheme } from '#kernel';
import { type Layout, layoutOf, NO_LAYOUT } from './layout.js';

/** A stretch of a document that is stored as one context. */
export interface Chunk {
  /** As it stands in the document, without the blank lines around it. */
  readonly text: string;
  /** The heading that it starts with or under, after those that this one stands under; undefined before the first. */
  readonly heading: string | undefined;
}

export interface Chunks {
  readonly chunks: readonly Chunk[];
  /** Where the last chunk ends: the length of the text, unless there were too many. */
  readonly end: number;
}

export interface ChunkOptions {
  /** In UTF-16 units, 100 or more. */
  readonly length: number;
  readonly most: number;
  /** Whether `#` marks headings and fences mark code. */
  readonly isMarked: boolean;
}

const PARAGRAPH_END = /\n[ \t]*\r?\n\s*/g;
const LINE_END = /\n/g;
const SENTENCE_END = /[.!?…][)\]"'”’]*\s+|[。！？]/g;
const WORD_END = /\s+/g;

/**
 * Cuts a text into stretches of at most `length`: before a heading where one stands in their second half, else between
 * paragraphs, lines, sentences, words, and only then between graphemes. Fenced code is cut only where it is too long
 * itself, and then between lines. Nothing but the blank lines and spaces at a cut is left out. Deterministic.
 */
export function chunksOf(text: string, { length, most, isMarked }: ChunkOptions): Chunks {
  const layout = isMarked ? layoutOf(text) : NO_LAYOUT;
  const chunks: Chunk[] = [];
  let start = 0;
  let headings = 0;
  while (start < text.length && chunks.length < most) {
    const end = text.length - start <= length ? text.length : start + cutOf(text, start, length, layout);
    const stretch = text.slice(start, end);
    const firstWord = start + stretch.search(/\S/);
    while ((layout.headings[headings]?.at ?? Number.POSITIVE_INFINITY) <= firstWord) headings++;
    const trimmed = withoutBlankEnds(stretch);
    if (trimmed !== '') chunks.push({ text: trimmed, heading: layout.headings[headings - 1]?.path });
    start = end;
  }
  return { chunks, end: start };
}

/** How many units the chunk that begins at `start` takes, where the rest of the text is longer than `length`. */
function cutOf(text: string, start: number, length: number, { headings, fences }: Layout): number {
  const window = text.slice(start, start + length);
  const half = length / 2;
  const heading = headings[firstWhere(headings, ({ at }) => at >= start + length) - 1];
  if (heading !== undefined && heading.at > start + half) return heading.at - start;
  const isInCode = (end: number) => {
    const fence = fences[firstWhere(fences, ([, to]) => to > start + end)];
    return fence !== undefined && fence[0] < start + end;
  };
  for (const boundary of [PARAGRAPH_END, LINE_END, SENTENCE_END, WORD_END]) {
    const end = lastEnd(window, boundary, (at) => at > half && !isInCode(at));
    if (end !== undefined) return end;
  }
  // Nothing but code, or a word longer than half of a chunk.
  const whole = cutAtGrapheme(text.slice(start, start + length + 64), length).length;
  return lastEnd(window, LINE_END, (at) => at > half) ?? (whole || wholeCharacters(window));
}

/** Position of the first of `sorted` that is one; those before it are none, and all behind it are. */
function firstWhere<Item>(sorted: readonly Item[], isOne: (item: Item) => boolean): number {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (isOne(sorted[middle] as Item)) to = middle;
    else from = middle + 1;
  }
  return from;
}

function lastEnd(window: string, boundary: RegExp, isFit: (end: number) => boolean): number | undefined {
  return [...window.matchAll(boundary)].map((match) => match.index + match[0].length).findLast(isFit);
}

/** One grapheme may be longer than a chunk; a surrogate pair is not torn even then. */
function wholeCharacters(window: string): number {
  const isHigh = (window.charCodeAt(window.length - 1) & 0xfc00) === 0xd800;
  return isHigh ? window.length - 1 : window.length;
}

/** The spaces before the first word of a line belong to it. */
function withoutBlankEnds(stretch: string): string {
  return stretch.replace(/^(?:[^\S\n]*\n)+/, '').trimEnd();
}
