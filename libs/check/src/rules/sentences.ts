const LINE_MARK = /^\s*(?:(?:[-*+>]|#{1,6}|\d{1,3}[.)])\s+)+/;
const EMPHASIS = /\*{1,3}|_{2,3}|`/g;
/** Not behind abbreviations such as `e.g.`, nor inside of names and numbers, behind which no space stands. */
const SENTENCE_END = /(?<!\b(?:e\.g|i\.e|etc|vs|cf|No)\.)(?<=[.!?。！？…])["')\]]*\s+/u;

/** A line of Markdown or plain text in sentences, without its marks. */
export function sentencesOf(line: string): string[] {
  return line
    .replace(LINE_MARK, '')
    .replaceAll(EMPHASIS, '')
    .split(SENTENCE_END)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '');
}
