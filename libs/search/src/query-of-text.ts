import { cutAtGrapheme } from '#kernel';

/** So much of a longer text is looked at. */
const SEARCHED_LENGTH = 4_000;
/** Quotes and a leading minus are operators to a search, and mere signs to a text. */
const OPERATORS = /["“”]|(?<![^\s(])-+(?=\S)/g;

/** The query for a text that is no query itself; empty where it holds nothing to search for. */
export function queryOfText(text: string): string {
  return cutAtGrapheme(text, SEARCHED_LENGTH).replaceAll(OPERATORS, ' ').replaceAll(/\s+/g, ' ').trim();
}
