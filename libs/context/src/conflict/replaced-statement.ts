import { isNegation, type Replacement, replacementIn } from './replacement.js';
import type { Statement } from './statements.js';
import { ARTICLES, BOUNDARIES, COORDINATORS, USE_VERBS } from './vocabulary.js';
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
  if (rule === 'no-longer') return words.some(({ lower }) => COORDINATORS.has(lower)) ? 'part' : 'whole';
  const place = placeOf(replaced, words);
  if (place === -1 || placeOf(successor, words) !== -1) return undefined;
  const isNaming = words.some(({ stem }) => stem === 'call' || stem === 'nam');
  if (rule === 'renamed') return isNaming ? 'whole' : undefined;
  if (subject.length === 0 && !isUse(words, place, replaced.length)) return undefined;
  return isOneOfSeveral(words, place, replaced.length) ? 'part' : 'whole';
}

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
    USE_VERBS.has(words.slice(0, place).findLast(({ lower }) => !ARTICLES.has(lower) && lower !== 'in')?.stem ?? '') &&
    (behind === undefined || BOUNDARIES.has(behind.lower))
  );
}

/** "A and C", "A, C and D". */
function isOneOfSeveral(words: readonly Word[], place: number, length: number): boolean {
  const isCoordinator = (word: Word | undefined) => word !== undefined && COORDINATORS.has(word.lower);
  const [before, behind] = [words[place - 1], words[place + length]];
  if (isCoordinator(before) || isCoordinator(behind) || before?.lower === ',') return true;
  return behind?.lower === ',' && words.slice(place + length + 1, place + length + 5).some(isCoordinator);
}
