import { isHedged, isNoChange, withoutReason } from './limits-of-change.js';
import {
  contentOf,
  endOfClause,
  isNegation,
  LONGEST_NAME,
  nameBefore,
  nameFrom,
  pairOf,
  purposeOf,
  withoutPreposition,
} from './sentence-parts.js';
import type { Statement } from './statements.js';
import { ARTICLES, BOUNDARIES, CHANGED, DEFINITE, STOP_WORDS, USE_VERBS } from './vocabulary.js';
import type { Word } from './words.js';

export type ReplacementRule = 'change-from' | 'instead-of' | 'replaced-by' | 'renamed' | 'no-longer';

/** What a sentence says took the place of what. All are stems. */
export interface Replacement {
  readonly rule: ReplacementRule;
  /** What is not so any more, in order; empty: all of `subject` together. */
  readonly replaced: readonly string[];
  /** What is so instead, in order; empty: nothing. */
  readonly successor: readonly string[];
  /** What it is about. Every one of them has to be in what is replaced. */
  readonly subject: readonly string[];
  /** Whether it says more of the change than when, where, what for and why: people decide what that means. */
  readonly isHedged: boolean;
}

const REPEATED = new Set([
  'every',
  'each',
  'always',
  'usually',
  'when',
  'whenever',
  'nightly',
  'regularly',
  'automatically',
]);
/** Whom a sentence is about that begins so, another one says. */
const OTHERS = new Set(['they', 'he', 'she', 'you', 'it', 'others', 'some', 'many', 'most', 'people']);
const PRESENT = new Set(['is', 'are', 'be', 'being', 'get', 'gets']);

/** What sentence says explicitly that something took the place of something else; undefined: it does not say so. */
export function replacementIn({ words }: Statement): Replacement | undefined {
  if (OTHERS.has(words[0]?.lower ?? '')) return undefined;
  const ended = noLonger(words);
  if (ended !== undefined) return ended;
  const change = withoutReason(words);
  if (isNoChange(change)) return undefined;
  return renamed(change) ?? changeFrom(change) ?? replacedBy(change) ?? insteadOf(change);
}

/** "(was) switched, moved, upgraded … from A to B", once and not time and again. */
function changeFrom(words: readonly Word[]): Replacement | undefined {
  if (words.some(({ lower }) => REPEATED.has(lower))) return undefined;
  const from = words.findIndex(
    ({ lower }, place) => lower === 'from' && words.slice(0, place).some((word, at) => isPast(words, at, word)),
  );
  if (from === -1) return undefined;
  const to = words.findIndex(
    ({ lower }, place) => place > from + 1 && place <= from + 1 + LONGEST_NAME && (lower === 'to' || lower === 'into'),
  );
  if (to === -1) return undefined;
  const successor = nameFrom(words, to + 1);
  const behind = words.slice(to + 1 + successor.length);
  const rest = [...words.slice(0, from), ...purposeOf(behind)];
  return made('change-from', words.slice(from + 1, to), successor, rest, behind);
}

function isPast(words: readonly Word[], at: number, { lower }: Word): boolean {
  return CHANGED.has(lower) && !PRESENT.has(words[at - 1]?.lower ?? '');
}

/** "use B instead of A", "B rather than A", "B in place of A". */
function insteadOf(words: readonly Word[]): Replacement | undefined {
  const found = pairOf(words, [
    ['instead', 'of'],
    ['in', 'place', 'of'],
    ['rather', 'than'],
  ]);
  const isRequest = isImperative(words);
  if (found === undefined || !(isRequest || words.some(isUseNow))) return undefined;
  const { start, end } = found;
  if (start === 0) return insteadOfFirst(words.slice(end));
  const first = withoutPreposition(words, end);
  const replaced = nameFrom(words, first);
  const behind = words.slice(first + replaced.length);
  const successor = nameBefore(words, start);
  const before = words.slice(isRequest ? 1 : 0, start - successor.length);
  return made('instead-of', replaced, successor, [...before, ...purposeOf(behind)], behind);
}

function isUseNow({ stem, lower }: Word): boolean {
  return USE_VERBS.has(stem) && !/ed$|^was$|^were$/.test(lower);
}

/** "Water the plants …": begins with a verb in its plain form, and goes on with what that is done to. */
function isImperative([first, second]: readonly Word[]): boolean {
  if (first === undefined || second === undefined || first.kind !== 'word' || STOP_WORDS.has(first.lower)) return false;
  return !/(?:s|[^e]ed|ing)$/.test(first.lower) && (ARTICLES.has(second.lower) || DEFINITE.has(second.lower));
}

/** "Instead of A, S uses B". */
function insteadOfFirst(words: readonly Word[]): Replacement | undefined {
  const length = words.findIndex(
    ({ lower }, place) =>
      place > 0 && (BOUNDARIES.has(lower) || DEFINITE.has(lower) || ['we', 'i', 'they', 'use'].includes(lower)),
  );
  const rest = words.slice(length);
  const isVerb = (word: Word | undefined) => word?.kind === 'word' && USE_VERBS.has(word.stem);
  const verb = rest.findIndex((word, place) => isVerb(word) && !isVerb(rest[place + 1]));
  if (length === -1 || verb === -1) return undefined;
  const first = withoutPreposition(rest, verb + 1);
  const successor = nameFrom(rest, first);
  const behind = rest.slice(first + successor.length);
  return made('instead-of', words.slice(0, length), successor, [...rest.slice(0, verb), ...purposeOf(behind)], behind);
}

/** "A was replaced by B", "we replaced A with B", "B replaces A", "B took over C from A". */
function replacedBy(words: readonly Word[]): Replacement | undefined {
  const verb = words.findIndex(({ lower }) =>
    ['replaced', 'replaces', 'supersedes', 'superseded', 'succeeds', 'succeeded'].includes(lower),
  );
  if (verb === -1) return takenOver(words);
  const before = words[verb - 1]?.lower ?? '';
  const by = words.findIndex(({ lower }, place) => place > verb && ['by', 'with'].includes(lower));
  if (['was', 'were', 'been', 'is', 'are'].includes(before)) {
    if (by !== verb + 1) return undefined;
    const aux = words.findIndex(({ lower }) => ['was', 'were', 'has', 'have', 'is', 'are'].includes(lower));
    const successor = nameFrom(words, by + 1);
    const replaced = nameFrom(words, 0);
    const behind = words.slice(by + 1 + successor.length);
    return made(
      'replaced-by',
      replaced,
      successor,
      [...words.slice(replaced.length, aux), ...purposeOf(behind)],
      behind,
    );
  }
  const replaced = nameFrom(words, verb + 1);
  if (by !== -1 && by <= verb + 1 + LONGEST_NAME) {
    const successor = nameFrom(words, by + 1);
    // Who replaces it, but for "we", is part of what it is about: others replace what is theirs.
    const about = [...words.slice(0, verb), ...words.slice(verb + 1 + replaced.length, by)];
    const behind = words.slice(by + 1 + successor.length);
    return made('replaced-by', replaced, successor, [...about, ...purposeOf(behind)], behind);
  }
  const successor = nameBefore(words, verb);
  const behind = words.slice(verb + 1 + replaced.length);
  return made('replaced-by', replaced, successor, purposeOf(behind), behind);
}

function takenOver(words: readonly Word[]): Replacement | undefined {
  const found = pairOf(words, [
    ['took', 'over'],
    ['takes', 'over'],
    ['taken', 'over'],
  ]);
  const from = words.findIndex(({ lower }, place) => found !== undefined && place > found.end && lower === 'from');
  if (found === undefined || from === -1) return undefined;
  const replaced = nameFrom(words, from + 1);
  const behind = words.slice(from + 1 + replaced.length);
  return made('replaced-by', replaced, nameBefore(words, found.start), words.slice(found.end, from), behind);
}

/** "A was renamed to B", "we renamed A to B", "A is now called B". */
function renamed(words: readonly Word[]): Replacement | undefined {
  const verb = words.findIndex(({ lower }) => lower === 'renamed');
  if (verb !== -1) {
    if (words[verb + 1]?.lower === 'from') return undefined;
    const to = words.findIndex(
      ({ lower }, place) => place > verb && place <= verb + 1 + LONGEST_NAME && ['to', 'into', 'as'].includes(lower),
    );
    if (to === -1) return undefined;
    const replaced = to === verb + 1 ? nameFrom(words, 0) : words.slice(verb + 1, to);
    return named(replaced, words, to + 1);
  }
  const now = words.findIndex(
    ({ lower }, place) => lower === 'now' && ['called', 'named', 'known'].includes(words[place + 1]?.lower ?? ''),
  );
  if (now === -1) return undefined;
  const isKnownAs = words[now + 2]?.lower === 'as';
  return named(nameFrom(words, 0), words, now + (isKnownAs ? 3 : 2));
}

/** "the channel core-chat": a name that looks like one stands for itself. */
function named(replaced: readonly Word[], words: readonly Word[], start: number): Replacement | undefined {
  const successor = nameFrom(words, start);
  const behind = words.slice(start + successor.length);
  const last = replaced.at(-1);
  const isName = last !== undefined && (last.kind === 'name' || /[\d_./-]/.test(last.text));
  return made('renamed', isName ? [last] : replaced, successor, [], behind);
}

/** "S no longer does V", "S does not do V any more". */
function noLonger(words: readonly Word[]): Replacement | undefined {
  const longer = pairOf(words, [
    ['no', 'longer'],
    ['not', 'longer'],
  ]);
  const more = pairOf(words, [['anymore'], ['any', 'more'], ['any', 'longer']]);
  const isNegated = words.some((word) => isNegation(word));
  if (longer === undefined && !(more !== undefined && isNegated)) return undefined;
  const end = more?.start ?? endOfClause(words, longer?.end ?? 0);
  return made(
    'no-longer',
    [],
    [],
    words.slice(0, end),
    words.filter(({ lower }) => lower === 'only'),
    true,
  );
}

function made(
  rule: ReplacementRule,
  replaced: readonly Word[],
  successor: readonly Word[],
  about: readonly Word[],
  behind: readonly Word[],
  keepsVerbs = false,
): Replacement | undefined {
  const old = replaced.filter(({ lower }) => !ARTICLES.has(lower)).map(({ stem }) => stem);
  const next = successor.filter(({ lower }) => !ARTICLES.has(lower)).map(({ stem }) => stem);
  if (rule !== 'no-longer' && (old.length === 0 || old.length > LONGEST_NAME || old.join(' ') === next.join(' ')))
    return undefined;
  const subject = [...new Set(contentOf(about, keepsVerbs).map(({ stem }) => stem))].filter(
    (stem) => !next.includes(stem) && !old.includes(stem),
  );
  if (rule === 'no-longer' && subject.length < 2) return undefined;
  return {
    rule,
    replaced: old,
    successor: next,
    subject,
    isHedged: isHedged([...about, ...behind]),
  };
}
