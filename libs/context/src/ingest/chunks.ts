import { cutAtGrapheme } from '#kernel';
import { firstWhere, type Layout, layoutOf, NO_LAYOUT } from './layout.js';

/** What stands around a cut, so that both sides of it can be read alone. */
interface Around {
  /** Closes in the chunk before the cut what the cut leaves open. */
  readonly closing: string;
  /** Opens it again in the chunk behind the cut. */
  readonly opening: string;
}

const NOTHING: Around = { closing: '', opening: '' };
/** An item is looked for so many lines before the cut. */
const MOST_LINES_BACK = 200;
const LONGEST_ITEM = 100;
const QUOTE = /^(?: {0,3}> ?){1,10}/;
const ITEM = /^( {0,40})([-*+]|\d{1,9}[.)])( {1,4})(?=\S)/;
const GOES_ON = '… ';

/**
 * What is open at a place in a text: code between fences, a table, a quote, the items of a list.
 * @param room the opening is never longer; code is opened without its language then, and the rest not at all
 */
function aroundCut(text: string, at: number, layout: Layout, room: number): Around {
  const fence = layout.fences[firstWhere(layout.fences, ({ end }) => end > at)];
  if (fence !== undefined && fence.start < at) {
    const line = text.slice(fence.start, lineEnd(text, fence.start)).trimEnd();
    // The mark of an item stands before its first line alone.
    const indent = line.slice(0, line.indexOf(fence.marks)).replaceAll(/[^\s>]/g, ' ');
    const closing = `\n${indent}${fence.marks}`;
    const opening = `${line.length < room ? line : `${indent}${fence.marks}`}\n`;
    return { closing, opening: opening.length <= room ? opening : '' };
  }
  const table = layout.tables[firstWhere(layout.tables, ({ end }) => end > at)];
  if (table !== undefined && table.rowsStart < at) {
    const head = text.slice(table.start, table.rowsStart);
    return head.length <= room ? { closing: '', opening: head } : NOTHING;
  }
  const lineStart = text.lastIndexOf('\n', at - 1) + 1;
  const indent = indentAt(text, lineStart);
  const opening =
    at <= lineStart + indent
      ? `${itemsAbove(text, lineStart, indent)}${' '.repeat(at - lineStart)}`
      : insideLine(text, lineStart);
  return opening.length <= room ? { closing: '', opening } : NOTHING;
}

/** Before what a cut leaves of a line. */
function insideLine(text: string, lineStart: number): string {
  const line = text.slice(lineStart, lineStart + 200);
  const quote = QUOTE.exec(line)?.[0];
  if (quote !== undefined) return quote;
  const item = ITEM.exec(line)?.[0];
  const indent = indentAt(text, lineStart);
  if (item === undefined && indent === 0) return '';
  const above = itemsAbove(text, lineStart, indent);
  if (item !== undefined) return `${above}${item}${GOES_ON}`;
  return above === '' ? '' : `${above}${' '.repeat(indent)}${GOES_ON}`;
}

/** The first lines of the items that a line with this indent belongs to, outermost first. */
function itemsAbove(text: string, lineStart: number, indent: number): string {
  const items: string[] = [];
  let limit = indent;
  let end = lineStart - 1;
  for (let back = 0; back < MOST_LINES_BACK && end > 0 && limit > 0; back++) {
    const start = text.lastIndexOf('\n', end - 1) + 1;
    const line = text.slice(start, Math.min(end, start + LONGEST_ITEM + 64)).trimEnd();
    end = start - 1;
    if (line === '') continue;
    const item = ITEM.exec(line);
    const [, before = '', mark = '', behind = ''] = item ?? [];
    if (item !== null && before.length + mark.length + behind.length <= limit) {
      items.unshift(line.length <= LONGEST_ITEM ? line : `${cutAtGrapheme(line, LONGEST_ITEM - 1).trimEnd()}…`);
      limit = before.length;
    } else if (item === null && !line.startsWith(' ')) break;
  }
  return items.map((item) => `${item}\n`).join('');
}

function indentAt(text: string, at: number): number {
  let end = at;
  while (text.charAt(end) === ' ') end++;
  return end - at;
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

/** A stretch of a document that is stored as one context. */
export interface Chunk {
  /** As it stands in the document, without the blank lines around it, between what opens and closes it again. */
  readonly text: string;
  /** How many units at the start of `text` open again what the cut before it left open. */
  readonly opened: number;
  /** How many units at its end close what the cut behind it leaves open. */
  readonly closed: number;
  /** The heading that it starts with or under, after those that this one stands under; undefined before the first. */
  readonly heading: string | undefined;
}

interface Chunks {
  readonly chunks: readonly Chunk[];
  /** Where the last chunk ends: the length of the text, unless there were too many. */
  readonly end: number;
}

interface ChunkOptions {
  /** In UTF-16 units, 100 or more. */
  readonly length: number;
  readonly most: number;
  /** Whether `#` marks headings and fences mark code. */
  readonly isMarked: boolean;
}

const PARAGRAPH_END = /\n(?:[ \t]*\r?\n)+/g;
const LINE_END = /\n/g;
const SENTENCE_END = /[.!?…][)\]"'”’]*\s+|[。！？]/g;
const WORD_END = /\s+/g;
/** A chunk has so many times the room of what is opened again in it. */
const MOST_OPENED = 3;
/** Of a fence, in items and quotes. */
const MOST_INDENT = 40;
/** What no cut between sentences or words goes through. */
const UNBROKEN = /`[^`\n]{1,200}`|\[[^[\]\n]{0,200}\]\([^()\s]{1,500}\)/g;
const LONGEST_UNBROKEN = 704;

/**
 * Cuts a text into stretches of at most `length`: before a heading where one stands in their second half, else between
 * paragraphs, lines, sentences, words, and only then between graphemes. Fenced code is cut only where it is too long
 * itself, and then between lines. What a cut leaves open (code, the names of a table's columns, a quote, the items of a
 * list) is closed before it and opened again behind it. Nothing but the blank lines and spaces at a cut is left out.
 * Deterministic.
 */
export function chunksOf(text: string, { length, most, isMarked }: ChunkOptions): Chunks {
  const layout = isMarked ? layoutOf(text) : NO_LAYOUT;
  const chunks: Chunk[] = [];
  let start = 0;
  let headings = 0;
  let opening = '';
  while (start < text.length && chunks.length < most) {
    const room = length - opening.length;
    const end = text.length - start <= room ? text.length : endOf(text, start, room, layout);
    const around = end < text.length ? aroundCut(text, end, layout, length / MOST_OPENED) : undefined;
    const stretch = text.slice(start, end);
    const firstWord = start + stretch.search(/\S/);
    while ((layout.headings[headings]?.at ?? Number.POSITIVE_INFINITY) <= firstWord) headings++;
    const trimmed = withoutBlankEnds(stretch);
    const closing = around?.closing ?? '';
    if (trimmed !== '')
      chunks.push({
        text: `${opening}${trimmed}${closing}`,
        opened: opening.length,
        closed: closing.length,
        heading: layout.headings[headings - 1]?.path,
      });
    start = end;
    opening = around?.opening ?? '';
  }
  return { chunks, end: start };
}

/** Where the chunk that begins at `start` ends, where the rest of the text is longer than its room. */
function endOf(text: string, start: number, room: number, layout: Layout): number {
  const { fences } = layout;
  const end = start + cutOf(text, start, room, layout);
  const fence = fences[firstWhere(fences, (block) => block.end > end)];
  if (fence === undefined || fence.start >= end) return end;
  // Code that is cut is closed with as many marks, for which there has to be room.
  const inner = start + cutOf(text, start, room - fence.marks.length - MOST_INDENT - 1, layout);
  // What is left of it may be its last line alone.
  const isOver = inner < fence.end && text.slice(inner, fence.end).replaceAll(/[\s>]/g, '') === fence.marks;
  return isOver && fence.end - start <= room ? fence.end : inner;
}

/** How many units the chunk that begins at `start` takes, where the rest of the text is longer than `length`. */
function cutOf(text: string, start: number, length: number, { headings, fences }: Layout): number {
  const window = text.slice(start, start + length);
  const half = length / 2;
  const heading = headings[firstWhere(headings, ({ at }) => at >= start + length) - 1];
  if (heading !== undefined && heading.at > start + half) return heading.at - start;
  const isInCode = (end: number) => {
    const fence = fences[firstWhere(fences, (block) => block.end > start + end)];
    return fence !== undefined && fence.start < start + end;
  };
  for (const boundary of [PARAGRAPH_END, LINE_END]) {
    const end = lastEnd(window, boundary, (at) => at > half && !isInCode(at));
    if (end !== undefined) return end;
  }
  const unbroken = [...text.slice(start, start + length + LONGEST_UNBROKEN).matchAll(UNBROKEN)].map(
    ({ 0: { length: size }, index }) => ({
      start: index,
      end: index + size,
    }),
  );
  const isBroken = (at: number) => {
    const span = unbroken[firstWhere(unbroken, ({ end }) => end > at)];
    return span !== undefined && span.start < at;
  };
  for (const boundary of [SENTENCE_END, WORD_END]) {
    const end = lastEnd(window, boundary, (at) => at > half && !isInCode(at) && !isBroken(at));
    if (end !== undefined) return end;
  }
  // Nothing but code, or a word longer than half of a chunk.
  const whole = cutAtGrapheme(text.slice(start, start + length + 64), length).length;
  return lastEnd(window, LINE_END, (at) => at > half) ?? (whole || wholeCharacters(window));
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
