import type { QueryIntent, TimeRange } from '../search.js';
import { DAY_MS, startOfUnit } from './calendar.js';
import { lately, type QuestionWord, timeAt, type TimeExpression } from './time-expressions.js';

const WORDS = /\S+/gu;
/** What is looked for as it stands says nothing of when. */
const QUOTED = /["“”][^"“”]*["“”]/gu;
const BEFORE_A_WORD = new Set("([{'");
const ENDS_A_CLAUSE = new Set('.,;:?!…');
const BEHIND_A_WORD = new Set([...ENDS_A_CLAUSE, ...")]}'"]);
/** More words are no question; a query has at most 1,000 characters. */
const MOST_WORDS = 500;

const IN = new Set(['in', 'during', 'on', 'from', 'of', 'around', 'early', 'late', 'mid']);
const LATELY = new Set(['in', 'during', 'over', 'within', 'for']);
const FROM = new Set(['since', 'from', 'between']);
const PAST = new Set(['did', 'was', 'were', 'had', "didn't", "wasn't", "weren't", "hadn't"]);
const OWN = new Set(['our', 'my', 'your', 'their', 'its', 'his', 'her']);
const ASKS = new Set(['what', "what's", 'whats', 'which', 'who', "who's", 'where', "where's", 'whose']);
const AUXILIARIES = new Set(
  "is are am do does can must should has have isn't aren't don't doesn't can't hasn't haven't".split(' '),
);
/** `the current of the river`, `a current sensor`: electricity and water. */
const NO_NOUN_OF_NOW = new Set(
  'of in through from is was flow flows flowing draw drawn density limiting limiter limit sensor source sensing mirror loop transformer rating carrying consumption leakage'.split(
    ' ',
  ),
);
const NO_ADVERB_BEFORE = new Set([
  'a',
  'an',
  'the',
  'stand',
  'stands',
  'stood',
  'sit',
  'sits',
  'sat',
  'hold',
  'keep',
  'kept',
  'lie',
  'lies',
  'lay',
  'be',
  'stay',
]);
const NO_ADVERB_BEHIND = new Set(
  'water waters image images life frame frames photo photos picture pictures wine air point another more other others less'.split(
    ' ',
  ),
);

/**
 * What a question asks of time, by the rules in `docs/guides/what-is-true-now.md`. Words alone decide, in one pass; nothing is
 * looked up. The first time that is named counts, and counts for more than what asks for now, except `still`.
 *
 * @param isEnglish else only dates as ISO 8601 writes them are read
 */
export function intentOf(question: string, nowMs: number, isEnglish: boolean): QueryIntent | undefined {
  const words = wordsOf(question);
  const phrase = (at: number, length: number) => question.slice(words[at]?.start, words[at + length - 1]?.end);
  const isPast = words.some(({ text }) => PAST.has(text));
  const now = isEnglish ? firstOf(words, (at) => asksForNow(words, at, isPast)) : undefined;
  if (now !== undefined && words[now.at]?.text === 'still')
    return { kind: 'now', phrase: phrase(now.at, now.found.length) };
  const time = firstOf(words, (at) => timeOf(words, at, { nowMs, isEnglish, isPast }));
  if (time !== undefined) {
    const { length, ...range } = time.found;
    return { kind: 'time', phrase: phrase(time.at, length), ...range };
  }
  if (now !== undefined) return { kind: 'now', phrase: phrase(now.at, now.found.length) };
  const earlier = isEnglish && isPast ? firstOf(words, (at) => asksForBefore(words, at)) : undefined;
  return earlier && { kind: 'time', phrase: phrase(earlier.at, earlier.found.length), isEarlier: true };
}

/** A longer time says too little of when something was said. */
const MOST_DAYS = 92;

/** The stretch that an intent names, where it has both ends and is a quarter at most. */
export function rangeOf(intent: QueryIntent | undefined): TimeRange | undefined {
  if (intent?.kind !== 'time' || intent.fromMs === undefined || intent.toMs === undefined) return undefined;
  const { fromMs, toMs } = intent;
  return toMs - fromMs > MOST_DAYS * DAY_MS ? undefined : { fromMs, toMs };
}

function wordsOf(question: string): QuestionWord[] {
  const plain = question.replaceAll(QUOTED, (quoted) => ' '.repeat(quoted.length)).replaceAll('’', "'");
  const words: QuestionWord[] = [];
  for (const { 0: written, index } of plain.matchAll(WORDS)) {
    if (words.length === MOST_WORDS) break;
    // An exclusion, or an option of a command.
    if (written.startsWith('-')) continue;
    let before = 0;
    while (BEFORE_A_WORD.has(written.charAt(before))) before++;
    let end = written.length;
    while (end > before && BEHIND_A_WORD.has(written.charAt(end - 1))) end--;
    if (end <= before) continue;
    const isLast = ENDS_A_CLAUSE.has(written.at(-1) ?? '');
    words.push({ text: written.slice(before, end).toLowerCase(), start: index + before, end: index + end, isLast });
  }
  return words;
}

function firstOf<Found>(
  words: readonly QuestionWord[],
  read: (at: number) => Found | undefined,
): { readonly at: number; readonly found: Found } | undefined {
  for (let at = 0; at < words.length; at++) {
    const found = read(at);
    if (found !== undefined) return { at, found };
  }
  return undefined;
}

/** How many words ask for now from here on. */
function asksForNow(
  words: readonly QuestionWord[],
  at: number,
  isPast: boolean,
): { readonly length: number } | undefined {
  const text = (place: number) => words[place]?.text ?? '';
  const isEnd = (place: number) => place >= words.length || words[place - 1]?.isLast === true;
  const [word, next, previous] = [text(at), text(at + 1), text(at - 1)];
  switch (word) {
    case 'currently':
    case 'nowadays':
      return { length: 1 };
    case 'right':
      return next === 'now' ? { length: 2 } : undefined;
    case 'these':
      return next === 'days' ? { length: 2 } : undefined;
    case 'at':
      if (next === 'present') return isEnd(at + 2) || AUXILIARIES.has(text(at + 2)) ? { length: 2 } : undefined;
      return (next === 'the' || next === 'this') && text(at + 2) === 'moment' ? { length: 3 } : undefined;
    case 'as':
      return next === 'of' && (text(at + 2) === 'now' || text(at + 2) === 'today') ? { length: 3 } : undefined;
    case 'now':
      return isEnd(at + 1) && !['until', 'till', 'to', 'by', 'from', 'for', 'just'].includes(previous)
        ? { length: 1 }
        : undefined;
    case 'today':
      return isEnd(at + 1) && !isPast ? { length: 1 } : undefined;
    case 'latest':
    case 'newest':
      return previous !== 'at' && text(at - 2) !== 'at' && !isEnd(at + 1) && (at === 0 || isDeterminer(previous))
        ? { length: 1 }
        : undefined;
    case 'most':
      return next === 'recent' && !isEnd(at + 2) ? { length: 2 } : undefined;
    case 'current': {
      const isTheirs = previous === 'the' || OWN.has(previous);
      const asks = words.slice(Math.max(0, at - 8), at).some((each) => ASKS.has(each.text));
      const isOfNow = at === 0 || (isTheirs && (at === 1 || asks));
      return isOfNow && !isEnd(at + 1) && !NO_NOUN_OF_NOW.has(next) ? { length: 1 } : undefined;
    }
    case 'still': {
      const asks = words.slice(Math.max(0, at - 8), at).some((each) => AUXILIARIES.has(each.text));
      return asks && !NO_ADVERB_BEFORE.has(previous) && !NO_ADVERB_BEHIND.has(next) ? { length: 1 } : undefined;
    }
    default:
      return undefined;
  }
}

function isDeterminer(word: string): boolean {
  return word === 'the' || OWN.has(word) || word.endsWith("'s") || ASKS.has(word);
}

type FoundTime = Omit<TimeExpression, 'fromMs' | 'needsPreposition'> & { readonly fromMs?: number };

/** A time, with the word before it that says on which side of it. */
function timeOf(
  words: readonly QuestionWord[],
  at: number,
  { nowMs, isEnglish, isPast }: { readonly nowMs: number; readonly isEnglish: boolean; readonly isPast: boolean },
): FoundTime | undefined {
  const plain = timeAt(words, at, nowMs, isEnglish);
  if (plain !== undefined && plain.needsPreposition !== true) return plain;
  if (!isEnglish) return undefined;
  const word = words[at]?.text ?? '';
  const isPriorTo = word === 'prior' && words[at + 1]?.text === 'to';
  const lead = isPriorTo ? 2 : 1;
  const recent = LATELY.has(word) ? lately(words, at + 1, nowMs) : undefined;
  if (recent !== undefined) return { ...recent, length: recent.length + 1 };
  if (word === 'today' && isPast && isClauseEnd(words, at)) return today(nowMs);
  const time = timeAt(words, at + lead, nowMs, true);
  if (time === undefined) return undefined;
  const { fromMs, toMs = fromMs, untilMs } = time;
  const until = untilMs === undefined ? {} : { untilMs };
  const length = lead + time.length;
  if (word === 'before' || isPriorTo) return { length, toMs: fromMs, ...until };
  if (word === 'until' || word === 'till' || word === 'by') return { length, toMs, ...until };
  if (word === 'after') return { length, fromMs: toMs, ...until };
  if (FROM.has(word)) {
    const joins = words[at + length]?.text ?? '';
    const isRange = word === 'between' ? joins === 'and' : word === 'from' && ['to', 'until', 'till'].includes(joins);
    const end = isRange ? timeAt(words, at + length + 1, nowMs, true) : undefined;
    if (end?.toMs !== undefined && end.toMs > fromMs)
      return {
        length: length + 1 + end.length,
        fromMs,
        toMs: end.toMs,
        ...earliestOf(untilMs, end.untilMs),
      };
    if (word === 'since') return { length, fromMs, ...until };
  }
  return IN.has(word) ? { length, fromMs, toMs, ...until } : undefined;
}

function today(nowMs: number): FoundTime {
  const fromMs = startOfUnit(nowMs, 'day');
  return { length: 1, fromMs, toMs: fromMs + DAY_MS, untilMs: fromMs + DAY_MS };
}

function earliestOf(one = Number.POSITIVE_INFINITY, other = Number.POSITIVE_INFINITY): { untilMs?: number } {
  const untilMs = Math.min(one, other);
  return untilMs === Number.POSITIVE_INFINITY ? {} : { untilMs };
}

/** `previously`, and `before` with what has no date, in a question about the past. */
function asksForBefore(words: readonly QuestionWord[], at: number): { readonly length: number } | undefined {
  const word = words[at]?.text ?? '';
  if (word === 'previously' || word === 'formerly') return { length: 1 };
  const lead = word === 'prior' && words[at + 1]?.text === 'to' ? 2 : word === 'before' ? 1 : 0;
  if (lead === 0) return undefined;
  let length = lead;
  while (at + length < words.length && length < 6 && words[at + length - 1]?.isLast !== true) length++;
  return { length };
}

function isClauseEnd(words: readonly QuestionWord[], at: number): boolean {
  return at + 1 >= words.length || words[at]?.isLast === true;
}
