import { visibleLines } from '#context';
import type { Rule, RuleKind } from './rule.js';
import { sentencesOf } from './sentences.js';

const MAX_SENTENCE_LENGTH = 500;

/** Whole words, whatever their case; the first kind that a sentence shows is what it is. */
const MODALS: readonly (readonly [RuleKind, RegExp])[] = [
  ['must-not', /\b(?:must|shall|may|can)(?:\s+not\b|n['’]t\b)|\bcannot\b|^(?:please\s+)?(?:do\s+not|don['’]t)\b/i],
  ['should-not', /\bshould(?:\s+not\b|n['’]t\b)|^(?:please\s+)?avoid\b/i],
  ['never', /\bNEVER\b/],
  ['never', /^(?:[^.!?]{0,80}[,:;]\s*)?(?:please\s+)?never\b|\b(?:must|should|shall|you|we|and|but)\s+never\b/i],
  ['always', /\bALWAYS\b/],
  ['always', /^(?:[^.!?]{0,80}[,:;]\s*)?(?:please\s+)?always\b|\b(?:must|should|shall|you|we|and|but)\s+always\b/i],
  ['must', /\b(?:must|shall)\b/i],
  ['should', /\bshould\b/i],
];

const NAME = String.raw`[^\s,;:.!?()]+(?:[.:/@-][^\s,;:.!?()]+)*`;
const NAMES = String.raw`${NAME}(?:\s+${NAME}){0,3}?`;
const REST = String.raw`[^,;:.!?()]+`;
const USE = new RegExp(
  String.raw`^(?:please\s+|always\s+|(?:you|we)\s+(?:must|should)\s+(?:always\s+)?)?(?:use|prefer)\s+(${NAMES})` +
    String.raw`(?:,?\s+(?:instead\s+of|rather\s+than|over|and\s+not|not)\s+(${NAMES}))?` +
    String.raw`(?:\s+(?:for|to|when)\s+(${REST}))?` +
    String.raw`(?:,?\s+(?:instead\s+of|rather\s+than|over|and\s+not|not)\s+(${NAMES}))?\s*(?:[.!,;:(]|$)`,
  'i',
);

/**
 * The rules that a text states, in its order, each once: sentences with ALWAYS, NEVER, MUST, SHOULD and their
 * opposites, and `use X for Y`, `use X instead of Z`. Lines of code are none. Deterministic.
 */
export function rulesOf(content: string): Rule[] {
  const rules = new Map<string, Rule>();
  for (const { text } of visibleLines(content).prose) {
    for (const sentence of sentencesOf(text)) {
      const rule = sentence.length > MAX_SENTENCE_LENGTH || sentence.endsWith('?') ? undefined : ruleOf(sentence);
      if (rule !== undefined && !rules.has(rule.text)) rules.set(rule.text, rule);
    }
  }
  return [...rules.values()];
}

function ruleOf(sentence: string): Rule | undefined {
  const [isUse, what = '', before, purpose, behind] = USE.exec(sentence) ?? [];
  const insteadOf = before ?? behind;
  if (isUse !== undefined && (purpose !== undefined || insteadOf !== undefined)) {
    return { kind: 'use', text: sentence, use: { what, purpose: purpose?.trim(), insteadOf } };
  }
  const kind = MODALS.find(([, pattern]) => pattern.test(sentence))?.[0];
  return kind === undefined ? undefined : { kind, text: sentence };
}
