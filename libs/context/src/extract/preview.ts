import { cutAtGrapheme } from '#kernel';
import { bodyOf, headingText, isDecoration, type Line, visibleLines } from './markdown-lines.js';

/** In UTF-16 units, so never more in characters. */
export const PREVIEW_LENGTH = 500;

/** What both rule lines may take together; the title and the significant lines have the rest. */
const RULES_LENGTH = 400;
const SIGNIFICANT_LINES = 3;
const RULE_LINES = 2;
const HEADING_WITHIN_LINES = 5;
const LONG_ENOUGH = 30;

const KEY_AND_VALUE =
  /^(?:[-*+]\s+)?[*_`"']{0,3}[\p{L}\p{N}_][\p{L}\p{M}\p{N}_ ./-]{0,59}[*_`"']{0,3}\s?:[*_]{0,2}\s+\S/u;
const RULE_IN_CAPITALS =
  /(?<![\p{L}\p{N}_])(?:MUST|ALWAYS|NEVER|REQUIRED|CRITICAL|WARNING|IMPORTANT)(?![\p{L}\p{N}_])/u;
const RULE = /(?<![\p{L}\p{N}_])(?:must|always|never|required|critical|warning|important)(?![\p{L}\p{N}_])/iu;

/**
 * A short extract of a text, the same in every process: its title, up to three significant lines and up to two rules,
 * each line once, at most `PREVIEW_LENGTH` long.
 *
 * - front matter (YAML, TOML), comments, and lines of punctuation alone (rules, borders of tables) are left out and not
 *   counted, unless there is nothing else;
 * - the title is the first `#` heading among the first five lines, else the one that front matter gives, else the first line;
 * - significant lines are longer than 30 characters or read `key: value`;
 * - rule lines hold MUST, ALWAYS, NEVER, REQUIRED, CRITICAL, WARNING or IMPORTANT; those in capitals go first. Their
 *   place is kept, so that a cut falls on what stands before them;
 * - lines of fenced code are left out, so that no fence is cut open; a text that is nothing but code shows its code;
 * - a cut falls between graphemes and is marked with an ellipsis.
 */
export function previewOf(content: string): string {
  return readPreview(content).preview;
}

/** The same with the title alone, which is empty where the text says nothing. */
export function readPreview(content: string): { readonly title: string; readonly preview: string } {
  const { prose, code } = visibleLines(content);
  const body = bodyOf(prose);
  const lines = [body.lines, code, prose].map(withoutDecoration).find(({ length }) => length > 0) ?? prose;
  const heading = body.lines.find((line) => line.index < HEADING_WITHIN_LINES && headingText(line.text) !== undefined);
  const title = heading?.text ?? body.title ?? lines[0]?.text;
  if (title === undefined) return { title: '', preview: '' };

  const shown = headingText(title) ?? title;
  const taken = new Set([title, shown]);
  const rules = rulesAmong(lines, taken);
  for (const { text } of rules) taken.add(text);
  const significant = significantAmong(lines, taken);

  const foot = fitRules(rules.map(({ text }) => text));
  const head = [shown, ...significant.map(({ text }) => text)].join('\n');
  const room = PREVIEW_LENGTH - (foot === '' ? 0 : foot.length + 1);
  const preview = foot === '' ? shorten(head, room) : `${shorten(head, room)}\n${foot}`;
  return { title: shown, preview };
}

function withoutDecoration(lines: readonly Line[]): readonly Line[] {
  return lines.filter((line) => !isDecoration(line));
}

/** Stops at the last one that is shown: a text may have half a million lines. */
function significantAmong(lines: readonly Line[], taken: ReadonlySet<string>): Line[] {
  const seen = new Set(taken);
  const significant: Line[] = [];
  for (const line of lines) {
    if (significant.length === SIGNIFICANT_LINES) break;
    const { text } = line;
    if (seen.has(text) || !(text.length > LONG_ENOUGH || KEY_AND_VALUE.test(text))) continue;
    seen.add(text);
    significant.push(line);
  }
  return significant;
}

function rulesAmong(lines: readonly Line[], taken: ReadonlySet<string>): Line[] {
  const rules = distinct(
    lines.filter(({ text }) => RULE.test(text)),
    taken,
  );
  const loud = rules.filter(({ text }) => RULE_IN_CAPITALS.test(text));
  const chosen = new Set([...new Set([...loud, ...rules])].slice(0, RULE_LINES));
  return rules.filter((line) => chosen.has(line));
}

function distinct(lines: readonly Line[], taken: ReadonlySet<string>): Line[] {
  const seen = new Set(taken);
  return lines.filter(({ text }) => !seen.has(text) && seen.add(text));
}

/** Each rule gets half of the room, and what the other leaves of its half. */
function fitRules(rules: readonly string[]): string {
  const room = RULES_LENGTH - (rules.length - 1);
  const share = Math.floor(room / rules.length);
  let left = room;
  return rules
    .map((rule, index) => {
      const others = rules.slice(index + 1).reduce((sum, other) => sum + Math.min(other.length, share), 0);
      const fitted = shorten(rule, left - others);
      left -= fitted.length;
      return fitted;
    })
    .join('\n');
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${cutAtGrapheme(text, length - 1).trimEnd()}…`;
}
