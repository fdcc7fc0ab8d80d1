const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/**
 * The longest prefix of `text` with at most `maxLength` UTF-16 units that does not split a grapheme
 * (Unicode UAX #29). Time is linear in `maxLength`, not in the length of the text.
 */
export function cutAtGrapheme(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  // A grapheme that starts before the limit may reach past it: the look-ahead shows where it ends.
  const window = text.slice(0, maxLength + 64);
  let end = 0;
  for (const { index, segment } of graphemes.segment(window)) {
    if (index + segment.length > maxLength) break;
    end = index + segment.length;
  }
  return text.slice(0, end);
}
