const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/**
 * The longest prefix of `text` with at most `maxLength` UTF-16 units that does not split a grapheme
 * (Unicode UAX #29). Looks at the graphemes around the limit alone, not at all that it keeps.
 */
export function cutAtGrapheme(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  // A grapheme that starts before the limit may reach past it: the look-ahead shows where it ends.
  const window = text.slice(0, maxLength + 64);
  return text.slice(0, graphemes.segment(window).containing(maxLength)?.index ?? maxLength);
}
