import { createHmac } from 'node:crypto';
import { WorkPauses } from '#kernel';
import { capitalLookAlikes, type LookAlikes, smallLookAlikes } from './look-alikes.js';

/** How a text is known without the text: keyed hashes of how it looks in small letters and in capitals, 32 bytes each. */
export interface TextKeys {
  readonly small: Buffer;
  readonly capital: Buffer;
}

/** In UTF-16 units. */
const PIECE_LENGTH = 16 * 1024;

const MARKS = /\p{M}+/gu;
/** As many as Unicode allows in a text that can be normalised as a stream (UAX 15), and so in linear time. */
const MOST_MARKS = 30;
/** Invisible in Unicode: it ends a run of marks. */
const JOINER = '\u034F';
/** White space, what is not drawn, and what says how others are drawn. */
const UNSEEN = /[\s\p{Z}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]+/gu;
/** A dot that the capital of `i` keeps in small letters. */
const DOTTED = /i\u0307/gu;
/** Would be lost as a space with a mark. */
const SPACED_MARKS = /[\u00B4\u02DC]/gu;

const MARK = /^\p{M}/u;
const LETTER_M = 'm'.charCodeAt(0);
const LETTERS_RN = ['r'.charCodeAt(0), 'n'.charCodeAt(0)] as const;

/**
 * The keys of a text. Texts have a key in common where they differ in nothing but letter case, white space, invisible characters,
 * compatibility forms of Unicode, and characters that look alike; a text that contains another has no key of it. Linear in
 * the length of the text.
 * @param secret who has it can try out what a text was
 */
export async function textKeysOf(text: string, secret: Buffer, pauses = new WorkPauses()): Promise<TextKeys> {
  const [small, capital] = [createHmac('sha256', secret), createHmac('sha256', secret)];
  for (let start = 0; start < text.length;) {
    const end = endOfPiece(text, start);
    const seen = seenOf(text.slice(start, end));
    small.update(drawn(seen, smallLookAlikes));
    capital.update(drawn(seen, capitalLookAlikes));
    start = end;
    if (pauses.isDue) await pauses.pauseIfDue();
  }
  return { small: small.digest(), capital: capital.digest() };
}

/** In small letters, without what is not seen. Folds twice: letters without a capital of their own become those of it. */
function seenOf(piece: string): string {
  return piece
    .replace(SPACED_MARKS, (mark) => (mark === '\u00B4' ? "'" : '~'))
    .replace(MARKS, inShortRuns)
    .normalize('NFKD')
    .replace(UNSEEN, '')
    .toUpperCase()
    .toLowerCase()
    .normalize('NFKD')
    .replace(DOTTED, 'i');
}

function inShortRuns(marks: string): string {
  if (marks.length <= MOST_MARKS) return marks;
  return Array.from(marks, (mark, index) => (index % MOST_MARKS === 0 ? JOINER + mark : mark)).join('');
}

/** The shapes of a text in UTF-16. */
function drawn(text: string, alike: LookAlikes): Buffer {
  const units = new Uint16Array(2 * text.length);
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = alike[text.charCodeAt(at)] as number;
    if (unit === LETTER_M) {
      units.set(LETTERS_RN, length);
      length += 2;
    } else units[length++] = unit;
  }
  return Buffer.from(units.buffer, 0, 2 * length);
}

/** Before a character that starts something new, unless marks go on for ever. */
function endOfPiece(text: string, start: number): number {
  const wanted = start + PIECE_LENGTH;
  if (wanted >= text.length) return text.length;
  let end = wanted;
  while (end < text.length && end < wanted + PIECE_LENGTH && (isLow(text, end) || MARK.test(text.slice(end, end + 2))))
    end++;
  return isLow(text, end) ? end + 1 : end;
}

function isLow(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff;
}
