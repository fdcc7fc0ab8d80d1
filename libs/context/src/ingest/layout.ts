import { closesCode, fenceOf, opensCode, withoutClosingMarks } from '../extract/markdown-lines.js';

/** Position of the first of `sorted` that is one; those before it are none, and all behind it are. */
export function firstWhere<Item>(sorted: readonly Item[], isOne: (item: Item) => boolean): number {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (isOne(sorted[middle] as Item)) to = middle;
    else from = middle + 1;
  }
  return from;
}

/** A heading of a text, and the ones it stands under. */
interface Heading {
  /** Where its line starts. */
  readonly at: number;
  /** Titles, outermost first, joined by ` > `. */
  readonly path: string;
}

/** Code, or a formula between `$$`, from the line that opens it to behind the one that closes it. */
interface FencedBlock {
  readonly start: number;
  readonly end: number;
  readonly marks: string;
}

interface Table {
  readonly start: number;
  /** Behind the row of names and the line below it. */
  readonly rowsStart: number;
  readonly end: number;
}

/**
 * Where `#` marks headings and fences mark code (CommonMark 0.31, sections 4.2 and 4.5), and where tables are (GitHub
 * Flavored Markdown 0.29, section 4.10). Each in the order of the text.
 */
export interface Layout {
  readonly headings: readonly Heading[];
  readonly fences: readonly FencedBlock[];
  readonly tables: readonly Table[];
}

export const NO_LAYOUT: Layout = { headings: [], fences: [], tables: [] };

const LINE = /[^\n]*(?:\n|$)/g;
const HEADING = /^ {0,3}(#{1,6})[ \t]+(\S[^\n]*)/;
const MAX_PATH_LENGTH = 300;
const FORMULA = '$$';
/** A formula is no longer; a mark that nothing closes by then is none. */
const LONGEST_FORMULA = 5_000;
const FORMULA_END = /^[ \t]*\$\$[ \t]*$/m;
/** What stands before code in an item or a quote. */
const CONTAINERS = /^(?:[ \t>]|[-*+] |\d{1,9}[.)] ){0,20}/;
const BORDER = /^[ \t]*:?-+:?[ \t]*$/;

/** Linear in the length of the text. */
export function layoutOf(text: string): Layout {
  const headings: Heading[] = [];
  const fences: FencedBlock[] = [];
  const tables: Table[] = [];
  const titles: (string | undefined)[] = [];
  let open: { readonly start: number; readonly marks: string } | undefined;
  let table: { readonly start: number; readonly rowsStart: number } | undefined;
  let before: { readonly start: number; readonly line: string } | undefined;
  for (const { 0: line, index } of text.matchAll(LINE)) {
    const end = index + line.length;
    if (open !== undefined) {
      if (!closes(line, open.marks)) continue;
      fences.push({ ...open, end });
      open = undefined;
      continue;
    }
    if (table !== undefined && !line.includes('|')) {
      tables.push({ ...table, end: index });
      table = undefined;
    }
    if (table === undefined && before !== undefined && isBorder(line, before.line))
      table = { start: before.start, rowsStart: end };
    before = { start: index, line };
    const marks = opens(line, text, end);
    if (marks !== undefined) {
      open = { start: index, marks };
      before = undefined;
      continue;
    }
    const [, level, title] = HEADING.exec(line) ?? [];
    if (level === undefined || title === undefined) continue;
    titles.length = level.length - 1;
    titles.push(withoutClosingMarks(title.trim()));
    const path = titles.filter(Boolean).join(' > ');
    headings.push({ at: index, path: path.slice(0, MAX_PATH_LENGTH).toWellFormed() });
  }
  if (open !== undefined) fences.push({ ...open, end: text.length });
  if (table !== undefined) tables.push({ ...table, end: text.length });
  return { headings, fences, tables };
}

function opens(line: string, text: string, end: number): string | undefined {
  if (line.trim() === FORMULA) return FORMULA_END.test(text.slice(end, end + LONGEST_FORMULA)) ? FORMULA : undefined;
  const fence = fenceOf(line.replace(CONTAINERS, ''));
  return fence !== undefined && opensCode(fence) ? fence.marks : undefined;
}

function closes(line: string, marks: string): boolean {
  if (marks === FORMULA) return line.trim() === FORMULA;
  const fence = fenceOf(line.replace(CONTAINERS, ''));
  return fence !== undefined && closesCode(fence, marks);
}

/** Whether a line is the one below the names of the columns, which are as many. */
function isBorder(line: string, names: string): boolean {
  if (!line.includes('-') || !line.includes('|') || !names.includes('|')) return false;
  const cells = cellsOf(line);
  return cells.every((cell) => BORDER.test(cell)) && cells.length === cellsOf(names).length;
}

function cellsOf(row: string): string[] {
  const inner = row.replace(CONTAINERS, '').trim().replace(/^\|/, '').replace(/\|$/, '');
  return inner.replaceAll('\\|', ' ').split('|');
}
