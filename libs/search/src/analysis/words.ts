/**
 * Turns text into plain words, the same in every process and release of Node: only regular expressions over Unicode
 * properties and normalisation, no dictionary. PostgreSQL's text search configuration stems the words and drops
 * stop words; nothing else is left for its parser to interpret.
 *
 * - letters, digits and marks make words, everything else separates them (see `literals.ts` for what else is found);
 * - characters that nobody sees (soft hyphen, zero-width space and joiners, variation selectors) are left out; where
 *   one stands inside a word, its parts are extras, since some writers separate words by them;
 * - words are compared in NFKC and lower case, Latin and Greek letters without accents where `foldAccents` says so
 *   (stemmers of languages other than English want them), Arabic and Hebrew ones without vowel points and stretching;
 * - letters that people write in either form are one: Cyrillic ё and е, the Arabic alefs, dotless yeh and yeh;
 * - `snake_case` and `camelCase` give their parts, and the whole as an extra;
 * - scripts written without spaces, and Hangul, give overlapping pairs of characters (as Lucene's CJKAnalyzer),
 *   and each character as an extra.
 *
 * Extras count for finding but have no place in the order of words, so phrases don't see them.
 */
export interface AnalysisOptions {
  readonly foldAccents: boolean;
}

/** A run of the source text and the words it gives. */
interface Token {
  /** Offsets in UTF-16 units, `end` exclusive. */
  readonly start: number;
  readonly end: number;
  readonly words: readonly string[];
  readonly extras: readonly string[];
}

/** Raised whenever the same text gives other postings: documents of an older analysis are indexed again. */
export const ANALYSIS_VERSION = 6;

/** A longer word is known by its first characters: a digest or an encoded file must not break the index. */
const MAX_WORD_LENGTH = 128;

const wordRuns = /[\p{L}\p{N}\p{M}_][\p{L}\p{N}\p{M}_\p{Default_Ignorable_Code_Point}]*/gu;
const unseen = /[\p{Default_Ignorable_Code_Point}\u20e3]+/gu;
const hasUnseen = /[\p{Default_Ignorable_Code_Point}\u20e3]/u;
const asciiOnly = /^[\x00-\x7f]*$/;
const accentedScripts = /[\p{sc=Latin}\p{sc=Greek}]/u;
const accents = /[\u0300-\u036f]/g;
/** Hebrew points and accents, Arabic vowel signs, and the stroke that stretches Arabic words. */
const points = /\u0640|(?=[\p{sc=Hebrew}\p{scx=Arabic}])\p{Mn}/gu;
const FORMS: Readonly<Record<string, string>> = {
  ё: 'е',
  Ё: 'Е',
  '\u0622': '\u0627',
  '\u0623': '\u0627',
  '\u0625': '\u0627',
  '\u0671': '\u0627',
  '\u0649': '\u064a',
};
const eitherForm = /[ёЁ\u0622\u0623\u0625\u0671\u0649]/g;
const caseBoundaries = /(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u;
const mayHaveCaseBoundary = /.\p{Lu}/u;
const unspacedRuns =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]+|[^\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]+/gu;
const unspaced =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]/u;

/** The words of `text` in order. Linear in the length of the text. */
export function* tokens(text: string, options: AnalysisOptions): Generator<Token> {
  for (const match of text.matchAll(wordRuns)) {
    const run = match[0];
    const words: string[] = [];
    const extras: string[] = [];
    if (asciiOnly.test(run)) splitIdentifier(run, words, extras);
    else {
      for (const part of partsOf(run.replace(unseen, ''), options)) splitIdentifier(part, words, extras);
      if (hasUnseen.test(run))
        extras.push(...partsOf(run.replace(unseen, ' '), options).map(toWord).filter(isNotIn(words)));
    }
    if (words.length > 0) yield { start: match.index, end: match.index + run.length, words, extras };
  }
}

/** Compatibility forms can hold separators of their own (½ is 1⁄2), so the normal form is split again. */
function partsOf(run: string, options: AnalysisOptions): readonly string[] {
  return normalForm(run, options).match(wordRuns) ?? [];
}

function isNotIn(words: readonly string[]): (word: string) => boolean {
  return (word) => !words.includes(word);
}

function normalForm(run: string, { foldAccents }: AnalysisOptions): string {
  const normal = run.normalize('NFKC').replace(points, '').replace(eitherForm, oneForm);
  if (!foldAccents || !accentedScripts.test(normal)) return normal;
  return normal.normalize('NFD').replace(accents, '').normalize('NFC').replaceAll('ß', 'ss').replaceAll('ı', 'i');
}

function oneForm(letter: string): string {
  return FORMS[letter] ?? letter;
}

function splitIdentifier(run: string, words: string[], extras: string[]): void {
  if (!run.includes('_') && !mayHaveCaseBoundary.test(run)) {
    splitScripts(run, words, extras);
    return;
  }
  const parts = run
    .split('_')
    .flatMap((part) => part.split(caseBoundaries))
    .filter((part) => part !== '');
  for (const part of parts) splitScripts(part, words, extras);
  if (parts.length > 1) extras.push(toWord(parts.join('')));
}

function splitScripts(run: string, words: string[], extras: string[]): void {
  if (!unspaced.test(run)) {
    words.push(toWord(run));
    return;
  }
  for (const [part] of run.matchAll(unspacedRuns)) {
    if (!unspaced.test(part)) {
      words.push(toWord(part));
      continue;
    }
    const characters = [...part];
    if (characters.length === 1) {
      words.push(part);
      continue;
    }
    for (let index = 0; index + 1 < characters.length; index++)
      words.push(`${characters[index]}${characters[index + 1]}`);
    extras.push(...characters);
  }
}

function toWord(run: string): string {
  const lower = run.toLowerCase();
  return lower.length <= MAX_WORD_LENGTH ? lower : lower.slice(0, MAX_WORD_LENGTH).toWellFormed();
}

/** Configurations whose stemmer does not need accents: leaving them out finds `café` for `cafe`. */
const WITHOUT_ACCENTS = new Set(['english', 'simple']);

/** @param language name of a PostgreSQL text search configuration */
/** The words of a person's name, separated by spaces. */
export function wordsOfName(name: string, options: AnalysisOptions): string {
  return [...tokens(name, options)].flatMap(({ words }) => words).join(' ');
}

export function analysisOptionsOf(language: string): AnalysisOptions {
  return { foldAccents: WITHOUT_ACCENTS.has(language) };
}
