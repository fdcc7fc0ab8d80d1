import { isOption, literalTermsOf, optionsIn } from './literals.js';
import type { TimeRange } from '../search.js';
import { isSpellable } from './document-analysis.js';
import { timesIn } from './query-times.js';
import { type AnalysisOptions, tokens } from './words.js';

/** A query in the words of the index. */
export interface QueryAnalysis {
  /** The query as a person would say it: without quotes and exclusions. */
  readonly plain: string;
  /** Everything that is looked for, phrases included: words, extras and literals, separated by spaces. */
  readonly words: string;
  /** The words of it in order, without extras and literals. */
  readonly inOrder: string;
  /** Distinct words whose spelling may be corrected where nothing holds them. */
  readonly spellable: readonly string[];
  /** Each is to be found as it stands, words in order. */
  readonly phrases: readonly string[];
  /** A document with one of these words or phrases is left out. */
  readonly exclusions: readonly string[];
  /** Those of the exclusions that a text could show to be options of a command: each once, as the query has them. */
  readonly doubtful: readonly DoubtfulExclusion[];
  /** When what is looked for was said, where the query names a date. */
  readonly times: readonly TimeRange[];
}

/** `-name`: leaves out what holds `name`, unless texts hold the option `-name` itself. */
interface DoubtfulExclusion {
  /** With its dash. */
  readonly written: string;
  /** As in `exclusions`. */
  readonly words: string;
  /** The literal of the option; absent where no command has one like it. */
  readonly term: string | undefined;
}

/**
 * `-"a phrase"`, `-word`, `"a phrase"`; the minus starts a word, so that `well-known` and `--flag` are plain. An excluded
 * phrase stands apart: with something right behind it, it is the value of a switch.
 */
const operators =
  /(?<![^\s(])-["“”]([^"“”]*)["“”](?!\S)|(?<![^\s(])-(?=[\p{L}\p{N}_])([\p{L}\p{N}\p{M}_\p{Default_Ignorable_Code_Point}-]+)|["“”]([^"“”]*)["“”]/gu;

/**
 * Reads a query as people type it: words, `"phrases"` and `-exclusions`. Any text is a query; an odd quote is plain. Only
 * a word of its own is left out, letters and digits up to the next space: behind the dash of `-F:`, `-d,` or `-e"x"`
 * stands the switch of a command. A dash that makes a number negative, or a word the option of a command, is plain;
 * where nothing else is looked for, words behind a dash are what is looked for.
 *
 * @param looked words behind a dash that are looked for, as `DoubtfulExclusion.written` has them
 */
export function analyseQuery(
  query: string,
  options: AnalysisOptions,
  looked: ReadonlySet<string> = new Set(),
): QueryAnalysis {
  const read = readQuery(query, options, looked);
  if (read.words !== '' || read.doubtful.length === 0) return read;
  return readQuery(query, options, new Set(read.doubtful.map(({ written }) => written)));
}

function readQuery(query: string, options: AnalysisOptions, looked: ReadonlySet<string>): QueryAnalysis {
  const phrases: string[] = [];
  const exclusions: string[] = [];
  const doubtful = new Map<string, DoubtfulExclusion>();
  const optionTerms = new Set<string>();
  const before: string[] = [];
  let end = 0;
  const wanted = query.replace(
    operators,
    (written: string, excludedPhrase?: string, word?: string, phrase?: string, at = 0) => {
      before.push(...wordsBetween(query.slice(end, at)));
      end = at + written.length;
      if (excludedPhrase !== undefined) {
        addIfAny(exclusions, inOrder(excludedPhrase, options));
        return ' ';
      }
      if (word === undefined) {
        addIfAny(phrases, inOrder(phrase ?? '', options));
        return ` ${phrase ?? ''} `;
      }
      const [option] = optionsIn(written);
      const term = option?.term;
      const words = inOrder(word, options);
      const isAlone = !word.endsWith('-') && query.slice(end, end + 1).trim() === '';
      if (!isAlone || looked.has(written) || words === '' || isOption(word, before)) {
        if (term !== undefined) optionTerms.add(term);
        return ` ${word}${isAlone ? ' ' : ''}`;
      }
      exclusions.push(words);
      doubtful.set(written, { written, words, term });
      return ' ';
    },
  );
  const words: string[] = [];
  for (const token of tokens(wanted, options)) {
    words.push(...token.words);
    words.push(...token.extras.filter((extra) => [...extra].length > 1));
  }
  const plain = wanted.replaceAll(/\s+/g, ' ').trim();
  return {
    plain,
    inOrder: inOrder(wanted, options),
    words: [...words, ...literalTermsOf(wanted, { hasWords: words.length > 0 }), ...optionTerms].join(' '),
    spellable: [...new Set(words)].filter(isSpellable),
    phrases,
    exclusions,
    doubtful: [...doubtful.values()],
    times: timesIn(plain),
  };
}

function wordsBetween(text: string): readonly string[] {
  return text.split(/[\s|;&$]+/).filter((word) => word !== '');
}

function inOrder(text: string, options: AnalysisOptions): string {
  return [...tokens(text, options)].flatMap((token) => token.words).join(' ');
}

function addIfAny(list: string[], words: string): void {
  if (words !== '') list.push(words);
}
