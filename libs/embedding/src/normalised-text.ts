import { createHash } from 'node:crypto';

/**
 * The text as it is embedded and as its key sees it: NFC, line ends as LF, no white space around it. What differs by
 * these alone means the same to every model, and costs once.
 */
export function normaliseText(text: string): string {
  return text.normalize('NFC').replaceAll(/\r\n?/g, '\n').trim();
}

/** SHA-256 of the normalised text's UTF-8 bytes, in hexadecimal. */
export function hashText(normalised: string): string {
  return createHash('sha256').update(normalised, 'utf8').digest('hex');
}
