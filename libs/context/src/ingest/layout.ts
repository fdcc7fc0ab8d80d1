import { closesCode, fenceOf, opensCode } from '../extract/fence.js';
import { withoutClosingMarks } from '../extract/heading.js';

/** A heading of a text, and the ones it stands under. */
export interface Heading {
  /** Where its line starts. */
  readonly at: number;
  /** Titles, outermost first, joined by ` > `. */
  readonly path: string;
}

/** Where `#` marks headings, and where fences mark code (CommonMark 0.31, sections 4.2 and 4.5). */
export interface Layout {
  readonly headings: readonly Heading[];
  /** Starts and ends, in order. */
  readonly fences: readonly (readonly [start: number, end: number])[];
}

export const NO_LAYOUT: Layout = { headings: [], fences: [] };

const LINE = /[^\n]*(?:\n|$)/g;
const HEADING = /^ {0,3}(#{1,6})[ \t]+(\S[^\n]*)/;
const MAX_PATH_LENGTH = 300;

/** Linear in the length of the text. */
export function layoutOf(text: string): Layout {
  const headings: Heading[] = [];
  const fences: [number, number][] = [];
  const titles: (string | undefined)[] = [];
  let open: { readonly at: number; readonly marks: string } | undefined;
  for (const { 0: line, index } of text.matchAll(LINE)) {
    const fence = fenceOf(line);
    if (open !== undefined) {
      if (fence === undefined || !closesCode(fence, open.marks)) continue;
      fences.push([open.at, index + line.length]);
      open = undefined;
    } else if (fence !== undefined && opensCode(fence)) {
      open = { at: index, marks: fence.marks };
    } else {
      const [, level, title] = HEADING.exec(line) ?? [];
      if (level === undefined || title === undefined) continue;
      titles.length = level.length - 1;
      titles.push(withoutClosingMarks(title.trim()));
      const path = titles.filter(Boolean).join(' > ');
      headings.push({ at: index, path: path.slice(0, MAX_PATH_LENGTH).toWellFormed() });
    }
  }
  if (open !== undefined) fences.push([open.at, text.length]);
  return { headings, fences };
}
