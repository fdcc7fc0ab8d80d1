import type { Line } from './visible-lines.js';

export interface Body {
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
