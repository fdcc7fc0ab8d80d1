import { visibleLines } from '#context';
import type { Rule, RuleKind } from './rule.js';
import { sentencesOf } from './sentences.js';
import { useOf } from './use-of.js';

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

/**
 * The rules that a text states, in its order, each once: sentences with ALWAYS, NEVER, MUST, SHOULD and their
 * opposites, and `use X for Y`, `use X instead of Z`. Lines of code are none. Deterministic; linear in the length of
 * the text.
 * @param most stops at so many
 */
export function rulesOf(content: string, most = Number.POSITIVE_INFINITY): Rule[] {
  const rules = new Map<string, Rule>();
  for (const { text } of visibleLines(content).prose) {
    for (const sentence of sentencesOf(text)) {
      if (rules.size >= most) return [...rules.values()];
      const rule = sentence.length > MAX_SENTENCE_LENGTH || sentence.endsWith('?') ? undefined : ruleOf(sentence);
      if (rule !== undefined && !rules.has(rule.text)) rules.set(rule.text, rule);
    }
  }
  return [...rules.values()];
}

function ruleOf(sentence: string): Rule | undefined {
  // One space between two words: no pattern has to look at a long run of them more than once.
  const plain = sentence.replaceAll(/\s+/g, ' ');
  const use = useOf(plain);
  if (use !== undefined) return { kind: 'use', text: sentence, use };
  const kind = MODALS.find(([, pattern]) => pattern.test(plain))?.[0];
  return kind === undefined ? undefined : { kind, text: sentence };
}
