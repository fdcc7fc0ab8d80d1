/** About a thousand tokens: short enough that one topic shows, and within every model's context. */
const PASSAGE_LENGTH = 4_000;
/** A cut at a paragraph, line or sentence is looked for in the last third of a passage. */
const EARLIEST_CUT = Math.floor((PASSAGE_LENGTH * 2) / 3);

/**
 * What a context is embedded as: its text in passages, each under the label, which often says what the text itself
 * does not. Nothing is left out. Deterministic.
 */
export function passagesOf({ label, content }: { readonly label: string; readonly content: string }): string[] {
  const passages: string[] = [];
  let rest = content.trim();
  while (rest.length > PASSAGE_LENGTH) {
    const end = cutOf(rest);
    passages.push(rest.slice(0, end).trim());
    rest = rest.slice(end).trim();
  }
  if (rest !== '' || passages.length === 0) passages.push(rest);
  return passages.map((passage) => `${label}\n\n${passage}`.trim());
}

function cutOf(text: string): number {
  for (const boundary of ['\n\n', '\n', '. ', ' ']) {
    const at = text.lastIndexOf(boundary, PASSAGE_LENGTH - boundary.length);
    if (at >= EARLIEST_CUT) return at + boundary.length;
  }
  // Not between the halves of a surrogate pair.
  const isHigh = (text.charCodeAt(PASSAGE_LENGTH - 1) & 0xfc00) === 0xd800;
  return isHigh ? PASSAGE_LENGTH - 1 : PASSAGE_LENGTH;
}
