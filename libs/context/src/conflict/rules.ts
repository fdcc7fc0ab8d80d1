import { matchOf } from './replaced-statement.js';
import { type Replacement, type ReplacementRule, replacementIn } from './replacement.js';
import { contradict, formsOf, keyOf, type SentenceForm } from './same-sentence.js';
import { type Statement, type Statements, statementsOf } from './statements.js';
import { COORDINATORS } from './vocabulary.js';

type SentenceRule = 'same-sentence-value' | 'same-sentence-name' | 'same-sentence-negation';

export const conflictRules = [
  'change-from',
  'instead-of',
  'replaced-by',
  'renamed',
  'no-longer',
  'same-sentence-value',
  'same-sentence-name',
  'same-sentence-negation',
] as const satisfies readonly (ReplacementRule | SentenceRule)[];

export type ConflictRule = (typeof conflictRules)[number];

/** What a rule says of two texts. */
export interface RuleFinding {
  readonly rule: ConflictRule;
  /**
   * Whether the newer text says itself that something is not so any more, and the older one says little else than that: its end is
   * then the end of nothing else.
   */
  readonly isExplicit: boolean;
}

/** What the rules see of a text. */
export interface Claims extends Statements {
  readonly forms: readonly SentenceForm[];
  readonly replacements: readonly Replacement[];
  /** Of a stored text: what finds it again for a text that has one of them, in `lookups`. */
  readonly keys: readonly bigint[];
  /** What finds sentences of the same form. */
  readonly formKeys: readonly bigint[];
  /** What finds these, and whatever says that something of this text is not so any more. */
  readonly lookups: readonly bigint[];
}

/** An older text that says more than this is ended by nobody but people. */
const MOST_STATEMENTS_TO_END = 3;
/** A sentence that goes on about what the first one is about says something of its own of it. */
const GOES_ON = new Set(['it', 'its', 'they', 'them', 'their', 'he', 'she', 'him', 'her', 'this', 'these']);
const MAX_KEYS = 64;
const MAX_LOOKUPS = 512;

/** What the rules see of a text. Linear in its length. */
export function claimsOf(content: string): Claims {
  const read = statementsOf(content);
  const forms = read.statements.flatMap((statement) => formsOf(statement));
  const replacements = read.statements.flatMap((statement) => replacementIn(statement) ?? []);
  const own = forms.map(({ form }) => keyOf(form));
  const replaced = replacements.map((replacement) => keyOf(replacedKey(replacement)));
  return {
    ...read,
    forms,
    replacements,
    formKeys: own.slice(0, MAX_KEYS),
    keys: [...new Set([...own, ...replaced])].slice(0, MAX_KEYS),
    lookups: [...new Set([...own, ...read.statements.flatMap(replaceableKeys)])].slice(0, MAX_LOOKUPS),
  };
}

/**
 * What the rules say of two texts of a project, of which the one is valid later than the other; undefined: nothing. Never that
 * texts are alike: only what a sentence of the newer one says of a sentence of the older one.
 */
export function conflictOf(older: Claims, newer: Claims): RuleFinding | undefined {
  const findings: RuleFinding[] = [];
  const [, ...behind] = older.statements;
  const isFew = behind.length < MOST_STATEMENTS_TO_END;
  const isShort = isFew && !behind.some(({ words }) => words.some(({ lower }) => GOES_ON.has(lower)));
  for (const replacement of newer.replacements) {
    for (const [place, statement] of older.statements.entries()) {
      const match = matchOf(replacement, statement);
      if (match === undefined) continue;
      findings.push({
        rule: replacement.rule,
        isExplicit:
          match === 'whole' &&
          place === 0 &&
          (replacement.rule === 'renamed' ? isFew : isShort) &&
          !replacement.isHedged,
      });
    }
  }
  const isOneThing = older.heading === '' || newer.heading === '' || older.heading === newer.heading;
  if (isOneThing) findings.push(...sameSentences(older, newer, isShort));
  return findings.find(({ isExplicit }) => isExplicit) ?? findings[0];
}

function sameSentences(older: Claims, newer: Claims, isShort: boolean): readonly RuleFinding[] {
  const areShort = older.statements.length === 1 && newer.statements.length === 1;
  const findings: RuleFinding[] = [];
  for (const form of newer.forms) {
    const other = older.forms.find((candidate) => contradict(candidate, form));
    if (other === undefined || !(form.isSpecific || form.isExplicit || areShort)) continue;
    const isExplicit = form.isExplicit && isShort && !isListed(older.statements[0]) && older.forms.indexOf(other) <= 1;
    findings.push({ rule: `same-sentence-${form.kind}`, isExplicit });
  }
  return findings;
}

function isListed(statement: Statement | undefined): boolean {
  return statement?.words.some(({ lower }) => COORDINATORS.has(lower)) ?? false;
}

/** Under which a replacement is found by a text that arrives later and says what was so before. */
function replacedKey({ replaced, subject }: Replacement): string {
  const longest = [...subject].sort((one, other) => other.length - one.length || (one < other ? -1 : 1))[0];
  return replaced.length > 0 ? `replaced|${replaced.join(' ')}` : `ended|${longest ?? ''}`;
}

const LONGEST_NAME = 6;

function replaceableKeys({ words }: Statement): readonly bigint[] {
  const keys: bigint[] = [];
  for (const [start, { stem, kind }] of words.entries()) {
    if (kind === 'mark') continue;
    keys.push(keyOf(`ended|${stem}`));
    for (let length = 1; length <= LONGEST_NAME && start + length <= words.length; length++) {
      const name = words.slice(start, start + length);
      if (name.at(-1)?.kind === 'mark') break;
      keys.push(keyOf(`replaced|${name.map((word) => word.stem).join(' ')}`));
    }
  }
  return keys;
}

/** What finds, by its words, what a text may say is not so any more: for each replacement, the words that have to be there. */
export function queriesOf(content: string): readonly string[] {
  const { statements } = statementsOf(content);
  return statements.flatMap((statement) => {
    const replacement = replacementIn(statement);
    if (replacement === undefined) return [];
    const wanted = new Set([...replacement.replaced, ...replacement.subject]);
    return [[...new Set(statement.words.filter(({ stem }) => wanted.has(stem)).map(({ lower }) => lower))].join(' ')];
  });
}
