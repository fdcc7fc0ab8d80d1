import { visibleLines } from '#context';
import { isProhibition, type Rule, sentencesOf } from './rules-of.js';
import { isFiller, isNegation, isOmission, type Word, wordsOf } from './words.js';

/** A sentence of a text that says it does what a rule forbids, or leaves out what it asks for. */
export interface Violation<Broken extends Rule = Rule> {
  readonly rule: Broken;
  /** Of the text that was checked. */
  readonly sentence: string;
  /** The words of that sentence that are the rule's, as they stand there. */
  readonly words: readonly string[];
}

interface Statement {
  readonly sentence: string;
  readonly words: readonly Word[];
}

/** Behind these a rule names its exceptions: whether they hold can't be known from a sentence. */
const EXCEPTIONS = /\b(?:unless|except|excepting|only|other than)\b/i;
/** What a rule says here decides whether it holds, so a sentence has to say it too. */
const CONDITIONS = /\b(?:if|when|whenever|while|until|before|after|without)\b/i;
/** What stands behind these is no part of what is to be done. */
const CLAUSE_END = /[,;:()–—]|\s-\s|\b(?:because|since|so that|as it|which|and never|but)\b/i;
const MODAL =
  /\b(?:(?:must|shall|should|may|can)(?:\s+not|n['’]t)?(?:\s+(?:always|never))?|cannot|always|never|do\s+not|don['’]t|avoid)\b/i;
const PASSIVE = /^\s*(?:be|been|being|is|are)\s/i;
/** A thought about what could be states nothing. */
const OPEN = /\b(?:should i|could|might|whether|would|maybe|perhaps|used to|last (?:week|month|year)|yesterday)\b/i;
const USING = new Set([
  'use',
  'uses',
  'using',
  'with',
  'via',
  'run',
  'running',
  'install',
  'installing',
  'choose',
  'call',
  'prefer',
  'pick',
  'take',
  'switch',
  'switching',
  'migrate',
  'migrating',
  'move',
  'moving',
]);
/** What stands behind one of these in a sentence is what it does not use. */
const CONTRASTS: readonly (readonly string[])[] = [
  ['instead', 'of'],
  ['in', 'place', 'of'],
  ['rather', 'than'],
  ['over'],
  ['not'],
  ['without'],
  ['from'],
  ['replace'],
  ['replacing'],
  ['replaces'],
  ['drop'],
  ['dropping'],
];
/** Words of a thing's own, such as `install`, between its name and the contrast. */
const MOST_BEFORE_CONTRAST = 2;
const DETERMINERS = new Set(
  'the a an this that these those our your my their its it them some any new same more'.split(' '),
);
/** A rule of one word forbids more than its author meant. */
const LEAST_WORDS = 2;
/** Nobody repeats a longer rule word for word. */
const MOST_WORDS = 40;
/** Words of a rule stand near each other: at most so many others between two of them. */
const MOST_BETWEEN = 4;

/**
 * Where a text breaks a rule first, as far as its words show it beyond doubt: a sentence that affirms, with the rule's own
 * words in the rule's own order, what is forbidden; that denies, in the same way, what is demanded; or that uses
 * another thing for the purpose that the rule names. What can't be shown is no violation: exceptions, conditions that
 * the sentence does not repeat, questions, the past, rules of more than `MOST_WORDS` words. Deterministic; the time
 * grows with the length of the text, times that of the rule.
 */
export function violationOf<Given extends Rule>(
  rule: Given,
  statements: readonly Statement[],
): Violation<Given> | undefined {
  const breaks = breakerOf(rule);
  if (breaks === undefined) return undefined;
  for (const { sentence, words } of statements) {
    const found = breaks(words);
    if (found === undefined) continue;
    // Who repeats a rule does not break it.
    if (stemsOf(wordsOf(rule.text)).join(' ') === stemsOf(words).join(' ')) continue;
    return { rule, sentence, words: found.map(({ at, text: word }) => sentence.slice(at, at + word.length)) };
  }
  return undefined;
}

/** The sentences of a text that state something, read once for all rules. Linear in the length of the text. */
export function statementsOf(text: string): Statement[] {
  const { prose, code } = visibleLines(text);
  return [...prose, ...code]
    .flatMap((line) => sentencesOf(line.text))
    .filter((sentence) => !sentence.endsWith('?') && !OPEN.test(sentence))
    .map((sentence) => ({ sentence, words: wordsOf(sentence) }));
}

function stemsOf(words: readonly Word[]): string[] {
  return words.map(({ stem }) => stem);
}

/** Finds the words of a sentence that break the rule. */
type Breaker = (words: readonly Word[]) => readonly Word[] | undefined;

function breakerOf(rule: Rule): Breaker | undefined {
  if (EXCEPTIONS.test(rule.text)) return undefined;
  if (rule.use !== undefined) return useBreaker(rule.use);
  const actions = actionsOf(rule);
  if (actions.every(({ stems }) => stems.length < LEAST_WORDS || stems.length > MOST_WORDS)) return undefined;
  return (words) => {
    for (const action of actions) {
      const found = isProhibition(rule) ? affirmed(action, words) : denied(action, words);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

/** What a rule says is to be done or not, as stems in the order in which a sentence would have them. */
interface Action {
  readonly stems: readonly string[];
  /** The word of its condition, which a sentence has to have as well. */
  readonly condition: string | undefined;
}

function actionsOf({ text }: Rule): Action[] {
  const modal = MODAL.exec(text);
  if (modal === null) return [];
  const subject = text.slice(0, modal.index).split(CLAUSE_END).at(-1) ?? '';
  const predicate = text.slice(modal.index + modal[0].length).split(CLAUSE_END)[0] ?? '';
  const condition = CONDITIONS.exec(predicate)?.[0].toLowerCase();
  const stems = (part: string) => stemsOf(wordsOf(part).filter((word) => !isFiller(word) && word.text !== condition));
  if (!PASSIVE.test(predicate)) return [{ stems: stems(predicate), condition }];
  // `Secrets must never be committed` is broken by who commits secrets, and by secrets that are committed.
  const [verb = '', ...rest] = stems(predicate);
  return [
    { stems: [verb, ...stems(subject), ...rest], condition },
    { stems: [...stems(subject), verb, ...rest], condition },
  ];
}

function affirmed({ stems, condition }: Action, words: readonly Word[]): readonly Word[] | undefined {
  if (stems.length < LEAST_WORDS) return undefined;
  if (words.some((word) => isNegation(word) && word.text !== condition)) return undefined;
  if (condition !== undefined && !words.some(({ text }) => text === condition)) return undefined;
  return inOrder(stems, words);
}

function denied({ stems, condition }: Action, words: readonly Word[]): readonly Word[] | undefined {
  // `Always test before you merge` holds whenever: what the condition says is not part of what is left out.
  if (condition === 'if' || condition === 'when' || condition === 'whenever') return undefined;
  const demanded = condition === undefined ? stems : stems.slice(0, LEAST_WORDS);
  const negations = words.filter(isNegation);
  const [negation] = negations;
  if (negation === undefined || negations.length > 1) return undefined;
  const behind = words.slice(words.indexOf(negation) + 1);
  // Who skips tests does not run them: the verb is in the omission.
  const wanted = isOmission(negation) ? demanded.slice(1) : demanded;
  if (wanted.length < (isOmission(negation) ? 1 : LEAST_WORDS)) return undefined;
  const found = inOrder(wanted, behind);
  const isNear = found?.[0] !== undefined && behind.indexOf(found[0]) <= MOST_BETWEEN;
  return isNear ? [negation, ...(found ?? [])] : undefined;
}

function useBreaker({ what, purpose, insteadOf }: NonNullable<Rule['use']>): Breaker {
  const significant = (part: string) => stemsOf(wordsOf(part).filter((word) => !isFiller(word)));
  const wanted = significant(what);
  const own = new Set(wanted);
  const banned = insteadOf === undefined ? [] : significant(insteadOf);
  const aim = purpose === undefined || CONDITIONS.test(purpose) ? [] : significant(purpose);
  return (all) => {
    const { words, contrast } = withoutRefused(all, wanted);
    if (words.some(isNegation) || words.some(({ stem }) => own.has(stem))) return undefined;
    if (contrast !== undefined && banned.length > 0) {
      const near = words.slice(Math.max(0, contrast - banned.length - MOST_BEFORE_CONTRAST), contrast);
      const found = sequenceIn(near, banned);
      if (found !== undefined) return found;
    }
    for (const [index, word] of words.entries()) {
      if (!USING.has(word.text)) continue;
      const [thing, link, ...others] = words.slice(index + 1, index + 1 + MOST_WORDS);
      if (banned.length > 0) {
        const isPassedOver = (next: Word | undefined) =>
          next !== undefined && (DETERMINERS.has(next.text) || next.text === 'to');
        const start = index + (isPassedOver(words[index + 1]) ? 2 : 1);
        const named = words.slice(start, start + banned.length);
        if (stemsOf(named).join(' ') === banned.join(' ')) return [word, ...named];
      }
      const isOther = thing !== undefined && !DETERMINERS.has(thing.text) && !isFiller(thing);
      if (aim.length > 0 && word.text.startsWith('us') && isOther && (link?.text === 'for' || link?.text === 'to')) {
        const served = inOrder(aim, others);
        if (served !== undefined) return [word, thing, link, ...served];
      }
    }
    return undefined;
  };
}

/**
 * A sentence that says it does not use what a rule wants (`npm instead of pnpm`), without the words that say so.
 * `contrast` is where they stood; undefined where the sentence says nothing of the kind.
 */
function withoutRefused(
  words: readonly Word[],
  wanted: readonly string[],
): { readonly words: readonly Word[]; readonly contrast?: number } {
  for (const index of words.keys()) {
    const contrast = CONTRASTS.find((phrase) => phrase.every((text, offset) => words[index + offset]?.text === text));
    if (contrast === undefined) continue;
    const named = index + contrast.length;
    const refused = words.slice(named, named + wanted.length);
    if (wanted.length === 0 || stemsOf(refused).join(' ') !== wanted.join(' ')) continue;
    return { words: [...words.slice(0, index), ...words.slice(named + wanted.length)], contrast: index };
  }
  return { words };
}

/** The words that are these stems, one directly behind the other. */
function sequenceIn(words: readonly Word[], stems: readonly string[]): readonly Word[] | undefined {
  const start = words.findIndex((_, index) => stems.every((stem, offset) => words[index + offset]?.stem === stem));
  return start < 0 ? undefined : words.slice(start, start + stems.length);
}

/** The first words that are these stems, in their order and near each other. */
function inOrder(stems: readonly string[], words: readonly Word[]): readonly Word[] | undefined {
  for (const [start, word] of words.entries()) {
    if (word.stem !== stems[0]) continue;
    const found = [word];
    let last = start;
    for (let index = 1; index < stems.length; index++) {
      const end = Math.min(words.length, last + 2 + MOST_BETWEEN);
      do last++;
      while (last < end && words[last]?.stem !== stems[index]);
      if (last === end) break;
      found.push(words[last] as Word);
    }
    if (found.length === stems.length) return found;
  }
  return undefined;
}
