const FENCE = /^ {0,3}(`{3,}|~{3,})(.*)/;

/** The marks of a line that may open or close fenced code (CommonMark 0.31, section 4.5). */
interface Fence {
  readonly marks: string;
  /** What stands behind them. */
  readonly info: string;
}

export function fenceOf(line: string): Fence | undefined {
  // Most lines are recognised by a character.
  let indent = 0;
  while (indent < 3 && line.charAt(indent) === ' ') indent++;
  if (line.charAt(indent) !== '`' && line.charAt(indent) !== '~') return undefined;
  const [, marks, info = ''] = FENCE.exec(line) ?? [];
  return marks === undefined ? undefined : { marks, info };
}

export function opensCode({ marks, info }: Fence): boolean {
  return !(marks.startsWith('`') && info.includes('`'));
}

/** @param open the marks that opened the code */
export function closesCode({ marks, info }: Fence, open: string): boolean {
  return marks[0] === open[0] && marks.length >= open.length && info.trim() === '';
}

/** A line of a text, without white space at its ends. */
export interface Line {
  readonly text: string;
  /** Position among all lines of the text, from 0. */
  readonly index: number;
}

const LINE_END = /\r\n|\n|\r/g;

/**
 * The lines that are not blank, apart for prose and for code between fences (CommonMark 0.31, section 4.5). Fences
 * themselves are neither; one that is never closed reaches to the end.
 */
export function visibleLines(content: string): { prose: Line[]; code: Line[] } {
  const prose: Line[] = [];
  const code: Line[] = [];
  for (const { isCode, ...line } of linesOf(content)) (isCode ? code : prose).push(line);
  return { prose, code };
}

/** The same, one line after the other: whoever reads a long text may stop, or let others run, between two. */
export function* linesOf(content: string): Generator<Line & { readonly isCode: boolean }> {
  let open: string | undefined;
  let index = 0;
  for (const raw of rawLinesOf(content)) {
    const fence = fenceOf(raw);
    if (open === undefined && fence !== undefined && opensCode(fence)) {
      open = fence.marks;
    } else if (open !== undefined && fence !== undefined && closesCode(fence, open)) {
      open = undefined;
    } else {
      const text = raw.trim();
      if (text !== '') yield { text, index, isCode: open !== undefined };
    }
    index++;
  }
}

function* rawLinesOf(content: string): Generator<string> {
  let start = 0;
  for (const { 0: end, index } of content.matchAll(LINE_END)) {
    yield content.slice(start, index);
    start = index + end.length;
  }
  yield content.slice(start);
}

const MOST_MARKS = 6;
const LINE_SEPARATOR = /[\u2028\u2029]/;
const SPACE = /\s/;

/**
 * The text of a line that is a heading (CommonMark 0.31, section 4.2), without the marks around it; undefined for
 * other lines, and for a heading without text. Linear in the length of the line, whatever stands in it.
 * @param line without white space at its ends
 */
export function headingText(line: string): string | undefined {
  const marks = leadingMarks(line);
  if (marks === 0 || marks > MOST_MARKS || !SPACE.test(line.charAt(marks))) return undefined;
  const text = withoutClosingMarks(line.slice(marks).trim());
  return text === '' || LINE_SEPARATOR.test(text) ? undefined : text;
}

/** Closing marks are `#` at the end of a heading behind a space. */
export function withoutClosingMarks(title: string): string {
  let end = title.length;
  while (title.charAt(end - 1) === '#') end--;
  const isClosed = end > 0 && end < title.length && SPACE.test(title.charAt(end - 1));
  return isClosed ? title.slice(0, end).trimEnd() : title;
}

function leadingMarks(line: string): number {
  let marks = 0;
  while (marks <= MOST_MARKS && line.charAt(marks) === '#') marks++;
  return marks;
}

interface Body {
  /** What front matter says the title is. */
  readonly title: string | undefined;
  /** Without front matter and comments; counted as if these were not there. */
  readonly lines: readonly Line[];
}

/** Front matter of one or the other kind is longer nowhere. */
const MOST_FRONT_MATTER = 200;
const FRONT_MATTER_LINE = /^["']?[\p{L}\p{N}_][^:=]{0,80}[:=]|^#/u;
const TITLE = /^["']?(?:title|name)["']?\s?[:=]\s?(.+)$/i;
const LINK_COMMENT = /^\[(?:\/\/|comment|_)?\]:\s?(?:#|<>)/i;
/** Nothing but punctuation, the marks of tables, and lines that are drawn. */
const DECORATION = /^[\p{P}\p{Sm}\p{Sk}\s\u2500-\u259f]*$/u;
const TAG = /<[^<>]{1,500}>/g;

/** What a person reads of the lines of a text: without YAML or TOML front matter and without comments. */
export function bodyOf(lines: readonly Line[]): Body {
  const front = frontMatterOf(lines);
  const kept: Line[] = [];
  let skipped = front.length === 0 ? 0 : (front.at(-1)?.index ?? 0) + 1;
  let isComment = false;
  for (const line of lines.slice(front.length)) {
    if (!isComment && LINK_COMMENT.test(line.text)) {
      skipped++;
      continue;
    }
    if (!isComment && !line.text.startsWith('<!--')) {
      kept.push({ text: line.text, index: line.index - skipped });
      continue;
    }
    const end: number = line.text.indexOf('-->');
    isComment = end < 0;
    const rest = isComment ? '' : line.text.slice(end + 3).trim();
    if (rest === '') skipped++;
    else kept.push({ text: rest, index: line.index - skipped });
  }
  return { title: titleOf(front), lines: kept };
}

/** Whether a line says anything by itself: rules, borders of tables, and bare tags don't. */
export function isDecoration({ text }: Line): boolean {
  return (
    DECORATION.test(text) || (text.startsWith('<') && text.endsWith('>') && text.replaceAll(TAG, '').trim() === '')
  );
}

/** With the lines around it; empty where there is none. */
function frontMatterOf(lines: readonly Line[]): readonly Line[] {
  const [first, second] = lines;
  if (first?.index !== 0 || (first.text !== '---' && first.text !== '+++')) return [];
  if (second === undefined || !FRONT_MATTER_LINE.test(second.text)) return [];
  const ends = first.text === '---' ? ['---', '...'] : ['+++'];
  const end = lines.slice(1, MOST_FRONT_MATTER).findIndex(({ text }) => ends.includes(text));
  return end < 0 ? [] : lines.slice(0, end + 2);
}

function titleOf(front: readonly Line[]): string | undefined {
  for (const { text } of front) {
    const title = TITLE.exec(text)?.[1]
      ?.trim()
      .replace(/^(["'])(.*)\1$/, '$2');
    if (title) return title;
  }
  return undefined;
}
