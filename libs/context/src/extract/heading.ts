const MOST_MARKS = 6;
const LINE_SEPARATOR = /[\u2028\u2029]/;
const SPACE = /\s/;

/**
 * The text of a line that is a heading (CommonMark 0.31, section 4.2), without the marks around it; undefined for
 * other lines, and for a heading without text. Linear in the length of the line, whatever stands in it.
 * @param line without white space at its ends
 */
export function headingText(line: string): string | undefined {
  const marks = leadingMarks(line);
  if (marks === 0 || marks > MOST_MARKS || !SPACE.test(line.charAt(marks))) return undefined;
  const text = withoutClosingMarks(line.slice(marks).trim());
  return text === '' || LINE_SEPARATOR.test(text) ? undefined : text;
}

/** Closing marks are `#` at the end of a heading behind a space. */
export function withoutClosingMarks(title: string): string {
  let end = title.length;
  while (title.charAt(end - 1) === '#') end--;
  const isClosed = end > 0 && end < title.length && SPACE.test(title.charAt(end - 1));
  return isClosed ? title.slice(0, end).trimEnd() : title;
}

function leadingMarks(line: string): number {
  let marks = 0;
  while (marks <= MOST_MARKS && line.charAt(marks) === '#') marks++;
  return marks;
}
