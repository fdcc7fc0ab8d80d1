import { type Replacement, replacementIn } from './replacement.js';
import { isNegation } from './sentence-parts.js';
import type { Statement } from './statements.js';
import { ARTICLES, BOUNDARIES, COORDINATORS, PREPOSITIONS, USE_VERBS } from './vocabulary.js';
import { placeOf, type Word } from './words.js';

/** How sure it is that a statement is what was replaced: `whole` where nothing else is said of it there. */
type Match = 'whole' | 'part';

/**
 * Whether a statement says what a replacement says is not so any more: what was replaced, of the same subject, and not its
 * successor. A statement that denies something says no such thing.
 */
export function matchOf(replacement: Replacement, older: Statement): Match | undefined {
  const { rule, replaced, successor, subject } = replacement;
  const own = replacementIn(older);
  // Of an earlier change, what was so since then.
  if (own !== undefined && own.rule !== 'no-longer') {
    const isChain = own.successor.join(' ') === replaced.join(' ') && replaced.length > 0;
    return isChain &&
      subject.length > 0 &&
      subject.every((stem) => own.subject.some((other) => haveOneRoot(other, stem)))
      ? 'whole'
      : undefined;
  }
  const { words } = older;
  if (words.some((word) => isNegation(word))) return undefined;
  if (!subject.every((stem) => words.some((word) => haveOneRoot(word.stem, stem)))) return undefined;
  const wholeAt = (at: number): Match => (saysOneThing(words, at) ? 'whole' : 'part');
  if (rule === 'no-longer') return wholeAt(0);
  const place = placeOf(replaced, words);
  if (place === -1 || placeOf(successor, words) !== -1) return undefined;
  const isNaming = words.some(({ stem }) => stem === 'call' || stem === 'nam');
  if (rule === 'renamed') return isNaming ? 'whole' : undefined;
  if (subject.length === 0 && !isUse(words, place, replaced.length)) return undefined;
  return wholeAt(place);
}

/**
 * Whether nothing is listed, and no second clause says something else. What stands behind a comma without a verb of its own goes with
 * what stands before it.
 * @param place of what has ended
 */
function saysOneThing(words: readonly Word[], place: number): boolean {
  const comma = words.findIndex(({ lower }) => lower === ',');
  if (comma > FIRST_PHRASE && place > comma) return false;
  return !words.some(
    ({ lower, kind }) =>
      COORDINATORS.has(lower) ||
      RELATIVE.has(lower) ||
      (kind === 'mark' && lower !== ',' && !QUOTATION_MARKS.has(lower)),
  );
}

/** "In the lab, …": words before the first comma that only say where or when. */
const FIRST_PHRASE = 4;

const RELATIVE = new Set(['which', 'who', 'but', 'while']);
const QUOTATION_MARKS = new Set(['"', '“', '”', ':', '=']);

/** What makes a noun of a verb. As stems have it: without an e at the end. */
const NOUN_ENDINGS = new Set(['al', 'ment', 'ation', 'ion', 'er', 'or', 'anc', 'enc', 'ur']);
const SHORTEST_ROOT = 5;

/** Whether two words are forms of one another, or one is the noun of the other: deploy, deployment. */
function haveOneRoot(one: string, other: string): boolean {
  if (one === other) return true;
  const [root, longer] = one.length < other.length ? [one, other] : [other, one];
  return root.length >= SHORTEST_ROOT && longer.startsWith(root) && NOUN_ENDINGS.has(longer.slice(root.length));
}

/** "we use A …": what else could be said of A without naming what it is used for. */
function isUse(words: readonly Word[], place: number, length: number): boolean {
  const behind = words[place + length];
  return (
    USE_VERBS.has(
      words.slice(0, place).findLast(({ lower }) => !ARTICLES.has(lower) && !PREPOSITIONS.has(lower))?.stem ?? '',
    ) &&
    (behind === undefined || BOUNDARIES.has(behind.lower))
  );
}
