import { isSpellable } from './document-analysis.js';
import { type AnalysisOptions, tokens } from './words.js';

/** A query in the words of the index. */
export interface QueryAnalysis {
  /** The query as a person would say it: without quotes and exclusions. */
  readonly plain: string;
  /** Everything that is looked for, phrases included: words and extras, separated by spaces. */
  readonly words: string;
  /** Distinct words whose spelling may be corrected where nothing holds them. */
  readonly spellable: readonly string[];
  /** Each is to be found as it stands, words in order. */
  readonly phrases: readonly string[];
  /** A document with one of these words or phrases is left out. */
  readonly exclusions: readonly string[];
}

/** `-"a phrase"`, `-word`, `"a phrase"`; the minus starts a word, so that `well-known` and `--flag` are plain. */
const operators = /(?<![^\s(])-["“”]([^"“”]*)["“”]|(?<![^\s(])-(?=[\p{L}\p{N}_])(\S+)|["“”]([^"“”]*)["“”]/gu;

/** Reads a query as people type it: words, `"phrases"` and `-exclusions`. Any text is a query; an odd quote is plain. */
export function analyseQuery(query: string, options: AnalysisOptions): QueryAnalysis {
  const phrases: string[] = [];
  const exclusions: string[] = [];
  const wanted = query.replace(operators, (_all, excludedPhrase?: string, excludedWord?: string, phrase?: string) => {
    const excluded = excludedPhrase ?? excludedWord;
    if (excluded !== undefined) {
      addIfAny(exclusions, inOrder(excluded, options));
      return ' ';
    }
    addIfAny(phrases, inOrder(phrase ?? '', options));
    return ` ${phrase ?? ''} `;
  });
  const words: string[] = [];
  for (const token of tokens(wanted, options)) {
    words.push(...token.words);
    words.push(...token.extras.filter((extra) => [...extra].length > 1));
  }
  const plain = wanted.replaceAll(/\s+/g, ' ').trim();
  return { plain, words: words.join(' '), spellable: [...new Set(words)].filter(isSpellable), phrases, exclusions };
}

function inOrder(text: string, options: AnalysisOptions): string {
  return [...tokens(text, options)].flatMap((token) => token.words).join(' ');
}

function addIfAny(list: string[], words: string): void {
  if (words !== '') list.push(words);
}
