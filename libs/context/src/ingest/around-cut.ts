import { cutAtGrapheme } from '#kernel';
import type { Layout } from './layout.js';
import { firstWhere } from './first-where.js';

/** What stands around a cut, so that both sides of it can be read alone. */
export interface Around {
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
export function aroundCut(text: string, at: number, layout: Layout, room: number): Around {
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
