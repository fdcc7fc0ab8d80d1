import { linesOf } from '#context';
import type { WorkPauses } from '#kernel';

export const ruleKinds = ['always', 'never', 'must', 'must-not', 'should', 'should-not', 'use'] as const;
type RuleKind = (typeof ruleKinds)[number];

/** What a text says is to be done, or not. */
export interface Rule {
  readonly kind: RuleKind;
  /** The sentence that says it. */
  readonly text: string;
  /** Of `use`: what, what for, and in place of what. */
  readonly use?: { readonly what: string; readonly purpose?: string; readonly insteadOf?: string };
}

export function isProhibition({ kind }: Pick<Rule, 'kind'>): boolean {
  return kind === 'never' || kind === 'must-not' || kind === 'should-not';
}

const LINE_MARK = /^\s*(?:(?:[-*+>]|#{1,6}|\d{1,3}[.)])\s+)+/;
const EMPHASIS = /\*{1,3}|_{2,3}|`/g;
/** Not behind abbreviations such as `e.g.`, nor inside of names and numbers, behind which no space stands. */
const SENTENCE_END = /(?<!\b(?:e\.g|i\.e|etc|vs|cf|No)\.)(?<=[.!?。！？…])["')\]]*\s+/u;

/** A line of Markdown or plain text in sentences, without its marks. */
export function sentencesOf(line: string): string[] {
  return line
    .replace(LINE_MARK, '')
    .replaceAll(EMPHASIS, '')
    .split(SENTENCE_END)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '');
}

type Use = NonNullable<Rule['use']>;

/** A name, with the dots and colons inside it (`node.js`, `node:test`), or a mark between names. */
const TOKEN = /[^\s,;:.!?()](?:[^\s,;:.!?()]|[.:](?=[^\s,;:.!?()]))*|[,;:.!?()]/g;
const MARKS = new Set(',;:.!?()');
/** Behind these a statement is over. */
const ENDS = new Set('.!,;:(');
const OPENINGS: readonly (readonly string[])[] = [
  ['please'],
  ['always'],
  ...['you', 'we'].flatMap((who) =>
    ['must', 'should'].flatMap((modal) => [
      [who, modal, 'always'],
      [who, modal],
    ]),
  ),
];
const ALTERNATIVES: readonly (readonly string[])[] = [
  ['instead', 'of'],
  ['in', 'place', 'of'],
  ['rather', 'than'],
  ['over'],
  ['and', 'not'],
  ['but', 'not'],
  ['and', 'never'],
  ['not'],
  ['never'],
];
/** Before what is not to be used, where what is follows. */
const REFUSALS: readonly (readonly string[])[] = [
  ['never', 'use'],
  ['never'],
  ...['do not', "don't", 'don’t', 'must not', 'you must not', 'please do not', "please don't"].map((words) => [
    ...words.split(' '),
    'use',
  ]),
  ['avoid', 'using'],
  ['avoid'],
  ['use', 'not'],
  ['not'],
  ['instead', 'of'],
  ['rather', 'than'],
];
/** Between both. */
const TURNS: readonly (readonly string[])[] = [
  ...['but always', 'but', 'always', 'instead', 'and', ''].flatMap((words) =>
    ['use', 'prefer'].map((verb) => [...words.split(' '), verb].filter(Boolean)),
  ),
  ['but', 'always'],
  ['but'],
  ['always'],
];
const PURPOSES = new Set(['for', 'to', 'when']);
const MOST_NAMES = 4;

/** Words that a rule takes up to, and where it goes on behind them. */
interface Part {
  readonly words: string;
  readonly next: number;
}

/**
 * What a sentence of the form `use X for Y`, `use X instead of Z`, `never Z, always X`, or both, says; undefined for
 * others. Up to four names each, as few as make sense. Linear in the length of the sentence.
 * @param sentence with single spaces
 */
function useOf(sentence: string): Use | undefined {
  const tokens: readonly string[] = sentence.match(TOKEN) ?? [];
  return refusalFirst(tokens) ?? useFirst(tokens);
}

/** `Never use Z, always use X`, `not Z but X`, `instead of Z, use X for Y`. */
function refusalFirst(tokens: readonly string[]): Use | undefined {
  const start = behind(tokens, 0, REFUSALS);
  if (start === undefined) return undefined;
  for (const refused of namesAt(tokens, start)) {
    const mark = [',', ';', ':'].includes(tokens[refused.next] ?? '');
    const turn = behind(tokens, refused.next + (mark ? 1 : 0), TURNS);
    if (turn === undefined) continue;
    for (const what of namesAt(tokens, turn)) {
      const purpose = purposeAt(tokens, what.next);
      const next = purpose?.next ?? what.next;
      const isOver = isEnd(tokens, tokens[next]?.toLowerCase() === 'instead' ? next + 1 : next);
      if (isOver) return { what: withoutInstead(what.words), purpose: purpose?.words, insteadOf: refused.words };
    }
  }
  return undefined;
}

function withoutInstead(words: string): string {
  return words.replace(/ instead$/i, '');
}

/** `Use X for Y instead of Z`. */
function useFirst(tokens: readonly string[]): Use | undefined {
  const verb = behind(tokens, 0, OPENINGS) ?? 0;
  if (!/^(?:use|prefer)$/i.test(tokens[verb] ?? '')) return undefined;
  for (const what of namesAt(tokens, verb + 1)) {
    for (const before of [...alternativesAt(tokens, what.next), undefined]) {
      const purpose = purposeAt(tokens, before?.next ?? what.next);
      const { next } = purpose ?? before ?? what;
      const behindIt = alternativesAt(tokens, next).find((names) => isEnd(tokens, names.next));
      if (behindIt === undefined && !isEnd(tokens, next)) continue;
      const insteadOf = (before ?? behindIt)?.words;
      if (purpose === undefined && insteadOf === undefined) return undefined;
      return { what: what.words, purpose: purpose?.words, insteadOf };
    }
  }
  return undefined;
}

/** From one to four names, the fewest first. */
function namesAt(tokens: readonly string[], start: number): Part[] {
  const parts: Part[] = [];
  for (let next = start; next < Math.min(tokens.length, start + MOST_NAMES); next++) {
    if (MARKS.has(tokens[next] ?? '')) break;
    parts.push({ words: tokens.slice(start, next + 1).join(' '), next: next + 1 });
  }
  return parts;
}

function alternativesAt(tokens: readonly string[], at: number): Part[] {
  const names = behind(tokens, tokens[at] === ',' ? at + 1 : at, ALTERNATIVES);
  return names === undefined ? [] : namesAt(tokens, names);
}

/** All words up to the next mark. */
function purposeAt(tokens: readonly string[], at: number): Part | undefined {
  if (!PURPOSES.has(tokens[at]?.toLowerCase() ?? '')) return undefined;
  let next = at + 1;
  while (next < tokens.length && !MARKS.has(tokens[next] ?? '')) next++;
  return next === at + 1 ? undefined : { words: tokens.slice(at + 1, next).join(' '), next };
}

function isEnd(tokens: readonly string[], at: number): boolean {
  return at >= tokens.length || ENDS.has(tokens[at] ?? '');
}

/** Where the text goes on behind the first of these that it has at this place. */
function behind(tokens: readonly string[], at: number, phrases: readonly (readonly string[])[]): number | undefined {
  const phrase = phrases.find((words) => words.every((word, index) => tokens[at + index]?.toLowerCase() === word));
  return phrase === undefined ? undefined : at + phrase.length;
}

const MAX_SENTENCE_LENGTH = 500;

/** Whole words, whatever their case; the first kind that a sentence shows is what it is. */
const MODALS: readonly (readonly [RuleKind, RegExp])[] = [
  ['must-not', /\b(?:must|shall|may|can)(?: not\b|n['’]t\b)|\bcannot\b|^(?:please )?(?:do not|don['’]t)\b/i],
  ['should-not', /\bshould(?: not\b|n['’]t\b)|^(?:please )?avoid\b/i],
  ['never', /\bNEVER\b/],
  ['never', /^(?:[^.!?]{0,80}[,:;] ?)?(?:please )?never\b|\b(?:must|should|shall|you|we|and|but) never\b/i],
  ['always', /\bALWAYS\b/],
  ['always', /^(?:[^.!?]{0,80}[,:;] ?)?(?:please )?always\b|\b(?:must|should|shall|you|we|and|but) always\b/i],
  ['must', /\b(?:must|shall)\b/i],
  ['should', /\bshould\b/i],
];

/** Of a longer line so much is read at a time, up to the end of a sentence. */
const PIECE_LENGTH = 20_000;
const SENTENCE_MARKS = '.!?。！？…';

/**
 * The rules that a text states, in its order, each once: sentences with ALWAYS, NEVER, MUST, SHOULD and their
 * opposites, and `use X for Y`, `use X instead of Z`. Lines of code are none. Deterministic; linear in the length of
 * the text.
 * @param most stops at so many
 */
export function rulesOf(content: string, most = Number.POSITIVE_INFINITY): Rule[] {
  const steps = readRules(content, most);
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
}

/** The same of a text of any length: others run in between. */
export async function rulesOfLong(content: string, most: number, pauses: WorkPauses): Promise<Rule[]> {
  const steps = readRules(content, most);
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done === true) return step.value;
    if (pauses.isDue) await pauses.pauseIfDue();
  }
}

function* readRules(content: string, most: number): Generator<undefined, Rule[]> {
  const rules = new Map<string, Rule>();
  for (const { text, isCode } of linesOf(content)) {
    if (isCode) continue;
    for (const piece of piecesOf(text)) {
      for (const sentence of sentencesOf(piece)) {
        if (rules.size >= most) return [...rules.values()];
        const rule = sentence.length > MAX_SENTENCE_LENGTH || sentence.endsWith('?') ? undefined : ruleOf(sentence);
        if (rule !== undefined && !rules.has(rule.text)) rules.set(rule.text, rule);
      }
      yield;
    }
  }
  return [...rules.values()];
}

/** Cut behind the last mark of a sentence that a space follows; without one, what is left out is no sentence that counts. */
function* piecesOf(line: string): Generator<string> {
  let start = 0;
  while (line.length - start > PIECE_LENGTH) {
    const cut = lastSentenceEnd(line, start, start + PIECE_LENGTH);
    if (cut !== undefined) yield line.slice(start, cut);
    start = cut ?? nextSentenceEnd(line, start + PIECE_LENGTH);
  }
  yield line.slice(start);
}

function lastSentenceEnd(line: string, start: number, end: number): number | undefined {
  for (let at = end - 1; at > start; at--) if (isSentenceEnd(line, at)) return at;
  return undefined;
}

function nextSentenceEnd(line: string, from: number): number {
  for (let at = from; at < line.length; at++) if (isSentenceEnd(line, at)) return at;
  return line.length;
}

/** Whether a space stands here, behind the mark of a sentence. */
function isSentenceEnd(line: string, at: number): boolean {
  return SENTENCE_MARKS.includes(line.charAt(at - 1)) && line.charAt(at).trim() === '';
}

function ruleOf(sentence: string): Rule | undefined {
  // One space between two words: no pattern has to look at a long run of them more than once.
  const plain = sentence.replaceAll(/\s+/g, ' ');
  const use = useOf(plain);
  if (use !== undefined) return { kind: 'use', text: sentence, use };
  const kind = MODALS.find(([, pattern]) => pattern.test(plain))?.[0];
  return kind === undefined ? undefined : { kind, text: sentence };
}
