import { createHash } from 'node:crypto';
import { isNegation } from './sentence-parts.js';
import { isSameQuantity } from './quantities.js';
import type { Statement } from './statements.js';
import {
  ADDING_WORDS,
  ARTICLES,
  CHANGED,
  DEFINITE,
  INDEFINITE,
  NOW_WORDS,
  PLACE_VERBS,
  PREPOSITIONS,
  SINGLE_PARTICIPLES,
  STATE_VERBS,
  STOP_WORDS,
} from './vocabulary.js';
import type { Word } from './words.js';

/** A sentence without its values: two with the same form and other values can't both be so. */
export interface SentenceForm {
  readonly kind: 'value' | 'name' | 'negation';
  /** Subject, verb and all that is no value, as a key. */
  readonly form: string;
  /** In order; of a negation whether it denies. The first is the one that may differ. */
  readonly values: readonly string[];
  /** Whether it says itself that it was otherwise before. */
  readonly isExplicit: boolean;
  /** Whether the subject is named by more than one general word. */
  readonly isSpecific: boolean;
}

/** What forms a sentence has: none where its subject is one of several, or its verb says nothing of how things are. */
export function formsOf({ words }: Statement): readonly SentenceForm[] {
  if (words.some(({ lower }) => ADDING_WORDS.has(lower))) return [];
  return [valueForm(words), negationForm(words)].filter((form) => form !== undefined);
}

/** Whether two sentences have one form, and differ in the first of their values alone. */
export function contradict(one: SentenceForm, other: SentenceForm): boolean {
  const [first, ...rest] = one.values;
  const [otherFirst, ...otherRest] = other.values;
  return one.form === other.form && !isSameQuantity(first, otherFirst) && rest.join('\n') === otherRest.join('\n');
}

/** By which sentences of one form are found. A signed 64-bit number, as PostgreSQL's bigint. */
export function keyOf(form: string): bigint {
  return createHash('sha256').update(form).digest().readBigInt64BE();
}

const SET_TO = /^(?:was|were|is|are|has|have|been|got|it|now)$/;

/** "was raised (from 5) to 6", "has been changed to 6", "moved to 6": a way to say that it is 6 now. */
function asState(words: readonly Word[]): { readonly words: readonly Word[]; readonly isExplicit: boolean } {
  const isExplicit = words.some(({ lower }) => lower === 'now') || fromNowOn(words);
  const verb = words.findIndex(({ lower }) => CHANGED.has(lower));
  if (verb < 1) return { words, isExplicit };
  const target = words.findIndex(({ lower }, place) => place > verb && place <= verb + 8 && lower === 'to');
  const behind = words[verb + 1]?.lower;
  if (target === -1 || !(behind === 'to' || behind === 'from' || behind === 'back')) return { words, isExplicit };
  let start = verb;
  while (start > 0 && SET_TO.test(words[start - 1]?.lower ?? '')) start--;
  const be: Word = { text: 'is', lower: 'is', stem: 'be', kind: 'word' };
  return { words: [...words.slice(0, start), be, ...words.slice(target + 1)], isExplicit: true };
}

function fromNowOn(words: readonly Word[]): boolean {
  const text = words.map(({ lower }) => lower).join(' ');
  return /\b(?:from now on|these days|as of today|no longer|any more|anymore)\b/.test(text);
}

function valueForm(given: readonly Word[]): SentenceForm | undefined {
  const { words: said, isExplicit } = asState(given);
  if (said.some((word) => isNegation(word))) return undefined;
  const words = said.filter(({ lower }) => !NOW_WORDS.has(lower));
  const verb = words.findIndex(
    ({ stem, lower, kind }, place) =>
      place > 0 &&
      !ARTICLES.has(words[place - 1]?.lower ?? '') &&
      ((kind === 'word' && STATE_VERBS.has(stem) && !isPastState(lower)) || lower === ':' || lower === '='),
  );
  if (verb === -1) return undefined;
  const subject = words.slice(0, verb).filter(({ lower }) => lower !== ',');
  const predicate = words.slice(verb + 1);
  const [first] = subject;
  if (first === undefined || isOneOfMany(subject)) return undefined;
  const { template, values, kinds } = isSetting(words[verb], predicate)
    ? { template: '#', values: predicate.map(({ lower }) => lower), kinds: ['name'] }
    : templateOf(predicate, words[verb]?.stem === 'be');
  if (values.length === 0) return undefined;
  const kind = kinds[0] === 'name' ? 'name' : 'value';
  if (kind === 'name' && !namesOne(words[verb] as Word, subject, predicate)) return undefined;
  const named = subject.filter(({ lower, kind: of }) => of !== 'mark' && !STOP_WORDS.has(lower));
  const stems = subject.filter(({ lower }) => !ARTICLES.has(lower)).map(({ stem }) => stem);
  const verbStem = [':', '='].includes(words[verb]?.lower ?? '') ? 'be' : (words[verb]?.stem ?? '');
  return {
    kind,
    form: ['value', stems.join(' '), verbStem, template].join('|'),
    values,
    isExplicit,
    isSpecific: named.length > 1 || (named.length === 1 && !ARTICLES.has(first.lower)),
  };
}

/** "db: mysql" */
function isSetting(verb: Word | undefined, predicate: readonly Word[]): boolean {
  return [':', '='].includes(verb?.lower ?? '') && predicate.length === 1 && predicate[0]?.kind === 'word';
}

/** What was so says nothing of what is. */
function isPastState(lower: string): boolean {
  return (
    lower.endsWith('ed') ||
    ['was', 'were', 'had', 'kept', 'held', 'ran', 'sent', 'took', 'met', 'began', 'got', 'sat'].includes(lower)
  );
}

function isOneOfMany(subject: readonly Word[]): boolean {
  const [first, second] = subject;
  if (first === undefined) return true;
  if (first.lower === 'there' || first.lower === 'each' || first.lower === 'every') return false;
  if (first.kind === 'mark' || INDEFINITE.has(first.lower)) return true;
  // "one of", "some of", and sentences that begin with a clause of their own.
  return second?.lower === 'of' && STOP_WORDS.has(first.lower);
}

function templateOf(predicate: readonly Word[], isBe: boolean) {
  const template: string[] = [];
  const values: string[] = [];
  const kinds: Word['kind'][] = [];
  let open: Word['kind'] | undefined;
  for (const { lower, stem, kind } of predicate) {
    if (lower === ',') {
      open = undefined;
      continue;
    }
    if (kind === 'value' || kind === 'name') {
      // A name before a number stays: another product has another version.
      if (open === kind) values[values.length - 1] += ` ${lower}`;
      else if (open === undefined || kind === 'value') {
        if (open === 'name' && kind === 'value') {
          template[template.length - 1] = values.pop() ?? '';
          kinds.pop();
        }
        if (isBe && values.length === 0 && ['on', 'at', 'to', 'in'].includes(template.at(-1) ?? '')) template.pop();
        template.push('#');
        values.push(lower);
        kinds.push(kind);
      } else template.push(stem);
      open = kind;
      continue;
    }
    open = undefined;
    if (!ARTICLES.has(lower)) template.push(stem);
  }
  return { template: template.join(' '), values, kinds };
}

/** Whether a name in the predicate says the one that there is: an owner, a place, or who or what something is. */
function namesOne(verb: Word, subject: readonly Word[], predicate: readonly Word[]): boolean {
  const first = predicate.findIndex(({ kind }) => kind === 'name');
  const before = predicate.slice(0, first).filter(({ lower }) => !ARTICLES.has(lower));
  const [participle, preposition] = before;
  const isDefinite =
    DEFINITE.has(subject[0]?.lower ?? '') ||
    subject.some(({ lower }) => /['’]s$/.test(lower)) ||
    [':', '='].includes(verb.lower);
  if (PLACE_VERBS.has(verb.stem)) return before.length === 1 && PREPOSITIONS.has(participle?.lower ?? '');
  if (verb.stem !== 'be' && ![':', '='].includes(verb.lower)) return false;
  if (verb.lower === 'are') return false;
  if (before.length === 0) return isDefinite;
  if (before.length === 1) return isDefinite && ['in', 'at', 'on', 'with'].includes(participle?.lower ?? '');
  return (
    before.length === 2 && SINGLE_PARTICIPLES.has(participle?.lower ?? '') && PREPOSITIONS.has(preposition?.lower ?? '')
  );
}

/** The sentence without what denies it; its value is whether it does. */
function negationForm(words: readonly Word[]): SentenceForm | undefined {
  const isDenied = words.some((word) => isNegation(word));
  const left = words.filter((word) => !isLeftOut(word));
  const content = left.filter(({ lower }) => !STOP_WORDS.has(lower));
  if (content.length < 2 || left.some(({ kind }) => kind === 'mark')) return undefined;
  if (INDEFINITE.has(words[0]?.lower ?? '')) return undefined;
  return {
    kind: 'negation',
    form: ['negation', left.map(({ stem }) => stem).join(' ')].join('|'),
    values: [isDenied ? 'no' : 'yes'],
    isExplicit: fromNowOn(words),
    isSpecific: content.length > 2,
  };
}

function isLeftOut(word: Word): boolean {
  const { lower, stem } = word;
  if (isNegation(word)) return lower !== "can't" && lower !== 'cannot';
  return (
    ARTICLES.has(lower) ||
    NOW_WORDS.has(lower) ||
    stem === 'do' ||
    ['always', 'longer', 'any', 'more', 'anymore', 'please', ','].includes(lower)
  );
}
