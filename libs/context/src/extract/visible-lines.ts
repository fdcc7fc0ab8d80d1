import { closesCode, fenceOf, opensCode } from './fence.js';

/** A line of a text, without white space at its ends. */
export interface Line {
  readonly text: string;
  /** Position among all lines of the text, from 0. */
  readonly index: number;
}

const LINE_END = /\r\n|\n|\r/;

/**
 * The lines that are not blank, apart for prose and for code between fences (CommonMark 0.31, section 4.5). Fences
 * themselves are neither; one that is never closed reaches to the end.
 */
export function visibleLines(content: string): { prose: Line[]; code: Line[] } {
  const prose: Line[] = [];
  const code: Line[] = [];
  let open: string | undefined;
  for (const [index, raw] of content.split(LINE_END).entries()) {
    const fence = fenceOf(raw);
    if (open === undefined && fence !== undefined && opensCode(fence)) {
      open = fence.marks;
    } else if (open !== undefined && fence !== undefined && closesCode(fence, open)) {
      open = undefined;
    } else {
      const text = raw.trim();
      if (text !== '') (open === undefined ? prose : code).push({ text, index });
    }
  }
  return { prose, code };
}
