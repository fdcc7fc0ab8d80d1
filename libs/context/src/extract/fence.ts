const FENCE = /^ {0,3}(`{3,}|~{3,})(.*)/;

/** The marks of a line that may open or close fenced code (CommonMark 0.31, section 4.5). */
export interface Fence {
  readonly marks: string;
  /** What stands behind them. */
  readonly info: string;
}

export function fenceOf(line: string): Fence | undefined {
  // Most lines are told by a character.
  let indent = 0;
  while (indent < 3 && line.charAt(indent) === ' ') indent++;
  if (line.charAt(indent) !== '`' && line.charAt(indent) !== '~') return undefined;
  const [, marks, info = ''] = FENCE.exec(line) ?? [];
  return marks === undefined ? undefined : { marks, info };
}

export function opensCode({ marks, info }: Fence): boolean {
  return !(marks.startsWith('`') && info.includes('`'));
}

/** @param open the marks that opened the code */
export function closesCode({ marks, info }: Fence, open: string): boolean {
  return marks[0] === open[0] && marks.length >= open.length && info.trim() === '';
}
