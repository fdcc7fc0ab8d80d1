import { NOTE_KINDS } from './vocabulary.js';
import { type Word, wordsOf } from './words.js';

/** A sentence that says that something is so. */
export interface Statement {
  readonly words: readonly Word[];
}

export interface Statements {
  /** First headings of the text, in lower case; empty: it has none. */
  readonly heading: string;
  readonly statements: readonly Statement[];
}

/** In UTF-16 units. A longer text is a document: what it says of one thing is not what it is. */
export const MAX_STATED_LENGTH = 4096;
const MAX_STATEMENTS = 12;
/** Of a sentence; a longer one says too much at once. */
const MAX_WORDS = 60;

/** In words, by a sign, or by a face. */
const JOKES = [
  /\b(?:(?:a|an|the|his|her|my|our|their|just|only) jokes?(?! [a-z])|jokes?(?= ?[:!)—]))\b/i,
  /\b(?:joking|kidding|jk|lol|lmao|haha+|hehe|april fools?|prank|pun intended|tongue[- ]in[- ]cheek|sarcasm)\b/i,
  /(?:^|\s)(?:[:;]-?[)DP]|\/s)(?!\S)/i,
  /[\u{1F600}-\u{1F606}\u{1F609}\u{1F61B}-\u{1F61D}\u{1F923}\u{1F643}\u{1F92A}]/u,
];

/** What may be so one day, or only if something else is. */
const NOT_YET =
  /\b(?:will|would|could|should|might|may(?= (?:be|have|use|need|want|switch|move|replace|change))|shall|won't|wouldn't|shouldn't|going to|gonna|let's|let us|plan(?:s|ned|ning)? (?:to|on|for)|the plan is|intend(?:s|ed|ing)?|consider(?:s|ed|ing)?|propos(?:es?|ed|ing)|suggest(?:s|ed|ing)?|ideas?|maybe|perhaps|possibly|probably|wish(?:es)?|hop(?:es?|ing)|wants? to|wanted to|imagine|suppose|hypothetically|someday|sometime|one day|tomorrow|soon|eventually|next (?:week|month|quarter|year|sprint|release|time)|thinking (?:about|of)|unless|whether|if|in case|to be decided|tbd|todo|evaluat(?:es?|ed|ing)|try|tries|trying|tried|experiment(?:s|ed|ing)?|for example|for instance|e\.g|explor(?:e|ing)|investigat(?:e|ing)|discuss(?:ed|ing)?|debat(?:ed?|ing)|almost|nearly)\b/i;

/** What was so for a while, or is. */
const FOR_A_WHILE =
  /\b(?:temporar(?:y|ily)|for now|this time|for the moment|for a (?:day|week|while|month)|just once|used to|formerly|previously|back then|at the time|in the past|years? ago|originally|historically|until (?:tomorrow|monday|then))\b/i;

const SAID =
  /\b(?:sa(?:id|ys)|writes|wrote|asked|asks|claim(?:s|ed)?|quot(?:es|ed|ing)|according to|thinks?|thought|believ(?:e|es|ed)|heard|rumou?rs?|rumou?red|tweeted|argu(?:e|es|ed)|told (?:me|us)|mentioned|supposedly|allegedly|reportedly|in their words)\b/i;

const QUESTION =
  /\?\s*["”')\]]*$|^(?:who|what|when|where|why|how|which|is|are|was|were|do|does|did|can|could|should|would|shall|has|have|had) (?:it|there|the|we|you|i|they|he|she|our|your|my|this|that|anyone|anybody|somebody|someone)\b/i;

/** A question without its mark: "Was it moved to B". A sentence without its subject goes on with a participle: "Was moved to B". */
const ASKED = /^(?:is|are|was|were|did|does|has|had) (?!not\b|no\b|now\b|been\b|be\b|[a-z]+ed\b)[\p{L}\p{N}]/iu;

/** Words of somebody: four or more of them between quotation marks. A short name in quotation marks is a name. */
const QUOTED = /["“](?:[^"“”\s]+\s+){3,40}[^"“”\s]+["”]|(?<!\S)['‘](?:[^'‘’\s]+\s+){3,40}[^'‘’\s]+['’](?!\S)/;

const LIST_MARK = /^\s{0,12}(?:[-*+•]|\d{1,3}[.)])\s+/;
const SENTENCE_END = /(?<=[.!?])\s|;\s|\s[–—]\s/;

/**
 * What a text states, sentence by sentence. Headings, code, quotations, questions, plans, suppositions, reported speech and what
 * holds for a while state nothing; of a joke nothing is taken seriously. Linear in the length of the text; of a document nothing is read.
 */
export function statementsOf(content: string): Statements {
  const none = { heading: '', statements: [] };
  if (content.length > MAX_STATED_LENGTH || JOKES.some((joke) => joke.test(content))) return none;
  const statements: Statement[] = [];
  const headings: string[] = [];
  let isCode = false;
  let isQuestioned = false;
  for (const line of content.split('\n')) {
    const text = line.trim();
    if (text.startsWith('```') || text.startsWith('~~~')) isCode = !isCode;
    else if (text.startsWith('#') && /^#{1,6}\s/.test(text))
      headings.push(text.replace(/^#+/, '').trim().toLowerCase());
    else if (!isCode && text !== '' && !text.startsWith('>') && !text.startsWith('|')) {
      for (const sentence of text.replace(LIST_MARK, '').split(SENTENCE_END)) {
        const read = sentence.trim();
        if (QUESTION.test(read)) isQuestioned = true;
        if (!states(read)) continue;
        const words = withoutNoteKind(wordsOf(read));
        if (words.length > 1 && words.length <= MAX_WORDS) statements.push({ words });
      }
    }
  }
  // An answer to its own question is a dialogue, which states what somebody says in it.
  if (isQuestioned || statements.length > MAX_STATEMENTS) return none;
  return { heading: headings.join('\n'), statements };
}

function states(sentence: string): boolean {
  return ![QUESTION, ASKED, NOT_YET, FOR_A_WHILE, SAID, QUOTED].some((pattern) => pattern.test(sentence));
}

function withoutNoteKind(words: readonly Word[]): readonly Word[] {
  const [kind, mark] = words;
  return (mark?.lower === ':' || mark?.lower === ',') && kind !== undefined && NOTE_KINDS.has(kind.lower)
    ? words.slice(2)
    : words;
}
