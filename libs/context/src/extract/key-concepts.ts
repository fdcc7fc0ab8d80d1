import { headingText, visibleLines } from './markdown-lines.js';

/** English words that say nothing about a text, and the rule words, which nearly every context holds. */
const STOP_WORDS: ReadonlySet<string> = new Set(
  (
    'a about above after again against all also always am an and another any anything are aren as at be because been ' +
    'before being below between both but by can cannot could did do does doing don done down during each either else ' +
    'etc even ever every few first for from further get gets give given goes got had has have having he her here hers ' +
    'him his how however i if important in into is isn it its itself just keep know last least less let like made make ' +
    'makes many may me might more most much must my need needs never new next no nor not nothing now of off on once one ' +
    'ones only onto or other others our out over own per please put rather really required same say says see seen ' +
    'several shall she should since so some something still such sure take than that the their them then there these ' +
    'they thing things this those though three through thus to too two under until up upon us use used uses using very ' +
    'via want was way we well were what when where whether which while who whole whom whose why will with within without ' +
    'would yes yet you your yours'
  ).split(' '),
);

const MAX_CONCEPTS = 10;
const MAX_LENGTH = 40;

/** A word or identifier, with inner dots, hyphens and slashes: `pg-boss`, `node.js`, `session_id`. */
const TERM = /[\p{L}\p{N}_][\p{L}\p{M}\p{N}_]*(?:[.\-/][\p{L}\p{N}_][\p{L}\p{M}\p{N}_]*)*/gu;
const CODE_SPAN = /`([^`\n]{1,200})`/g;
const HEADING_WEIGHT = 3;
const CODE_SPAN_WEIGHT = 2;
const IDENTIFIER_WEIGHT = 1;
/** One that names something: an inner capital, digit, underscore or joint. */
const IDENTIFIER = /[\p{L}\p{N}][\p{Lu}\p{N}_.\-/]/u;

interface Concept {
  readonly spelling: string;
  readonly position: number;
  weight: number;
}

/**
 * Up to ten terms that a text is about, most significant first; the same in every process. A term weighs what it is
 * repeated, more in a heading and in `code`; terms of equal weight keep the order of the text. Letter case and a
 * plural `s` make no other term; a term is spelt as at its first place. Linear in the length of the text.
 */
export function keyConceptsOf(content: string): string[] {
  const concepts = new Map<string, Concept>();
  const add = (text: string, weight: number): void => {
    for (const [spelling] of text.matchAll(TERM)) {
      const key = keyOf(spelling);
      if (key === undefined) continue;
      const known = concepts.get(key);
      if (known !== undefined) known.weight += weight;
      else
        concepts.set(key, {
          spelling,
          position: concepts.size,
          weight: weight + (isIdentifier(spelling) ? IDENTIFIER_WEIGHT : 0),
        });
    }
  };
  const { prose, code } = visibleLines(content);
  for (const line of prose) {
    add(line.text, headingText(line.text) === undefined ? 1 : 1 + HEADING_WEIGHT);
    if (line.text.includes('`'))
      for (const [, span] of line.text.matchAll(CODE_SPAN)) add(span ?? '', CODE_SPAN_WEIGHT);
  }
  for (const line of code) add(line.text, 1);
  return [...concepts.values()]
    .sort((a, b) => b.weight - a.weight || a.position - b.position)
    .slice(0, MAX_CONCEPTS)
    .map(({ spelling }) => spelling);
}

function keyOf(term: string): string | undefined {
  const key = term.toLowerCase();
  const isPlainAscii = /^[\x00-\x7f]*$/.test(key);
  if (term.length > MAX_LENGTH || (isPlainAscii && key.length < 3) || !/\p{L}/u.test(key) || STOP_WORDS.has(key))
    return undefined;
  return key.length > 4 && key.endsWith('s') && !key.endsWith('ss') ? key.slice(0, -1) : key;
}

function isIdentifier(term: string): boolean {
  return IDENTIFIER.test(term) && term !== term.toUpperCase();
}
