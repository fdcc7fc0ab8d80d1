import { MAX_JSON_DEPTH } from '../validation/text-safety.js';

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Whether JSON is more than a body may be, from its bytes alone: to make values of it would cost many times as much.
 * Linear. Says nothing about whether it is JSON at all.
 * @param mostValues values that are separated by commas, wherever they stand
 * @returns what it is too much of, as the end of a sentence; undefined where it is not
 */
export function excessOf(bytes: Buffer, mostValues: number): string | undefined {
  let depth = 0;
  let values = 1;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) at = endOfText(bytes, at);
    else if (byte === COMMA) values++;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) depth++;
    else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth--;
    if (values > mostValues) return `holds more than ${mostValues} values`;
    if (depth > MAX_JSON_DEPTH) return `is nested more than ${MAX_JSON_DEPTH} levels deep`;
  }
  return undefined;
}

/** Where the text that begins at `start` has its closing quote; the end of the bytes where it has none. */
function endOfText(bytes: Buffer, start: number): number {
  for (let at = bytes.indexOf(QUOTE, start + 1); at >= 0; at = bytes.indexOf(QUOTE, at + 1)) {
    let escapes = 0;
    while (bytes[at - 1 - escapes] === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return at;
  }
  return bytes.length;
}
