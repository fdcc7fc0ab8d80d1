import { createHash } from 'node:crypto';
import {
  clientNameField,
  contentBytes,
  conversationTitleField,
  MAX_CONTENT_BYTES,
  type MessageContent,
  MOST_PARTS,
} from '#conversation';
import type { Metadata } from '#kernel';
import { known, storable } from './parts.js';
import { MOST_VALUES_IN_MESSAGE, type ReadMessage, type TranscriptNotes } from './transcript.js';

const LONGEST_VALUE = 1_000;

/** One text is a text, not a list of it. */
export function toContent(parts: ReadMessage['parts']): MessageContent {
  const [only] = parts;
  const isText = parts.length === 1 && only?.type === 'text' && Object.keys(only).length === 2;
  return isText ? String(only['text']) : parts;
}

export function isEmpty(content: MessageContent): boolean {
  if (typeof content === 'string') return content.trim() === '';
  return content.every(({ type, text }) => type === 'text' && typeof text === 'string' && text.trim() === '');
}

/** What is too long whatever is replaced in it: an escape of JSON is at most twice as long as the character that replaces it. */
export function isTooLong(content: MessageContent): boolean {
  if (typeof content !== 'string' && content.length > MOST_PARTS) return true;
  return holdsMoreValues(content, MOST_VALUES_IN_MESSAGE) || contentBytes(content) > 2 * MAX_CONTENT_BYTES;
}

function holdsMoreValues(value: unknown, most: number): boolean {
  let left = most;
  const isMore = (item: unknown): boolean =>
    --left < 0 || (typeof item === 'object' && item !== null && Object.values(item).some(isMore));
  return isMore(value);
}

/** A name that a client may give: as it is in the transcript where it can be one, else a hash of it. */
export function toName(prefix: string, id: string): string {
  const name = prefix === '' ? id : `${prefix}:${id}`;
  return clientNameField().safeParse(name).success && name.isWellFormed() ? name : `${prefix}:sha256:${hashOf(id)}`;
}

export function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32);
}

export function toTitle(text: string | undefined, pointer: string, notes: TranscriptNotes): string | null {
  const title = storable(text ?? '', pointer, notes)
    .trim()
    .slice(0, 300)
    .toWellFormed();
  return conversationTitleField.safeParse(title).success ? title : null;
}

/** What of it is a text of some length. */
export function toMetadata(given: Metadata, pointer: string, notes: TranscriptNotes): Metadata {
  const texts = Object.entries(given).filter(([, value]) => typeof value === 'string' && value.length <= LONGEST_VALUE);
  return storable(known(Object.fromEntries(texts)), pointer, notes);
}
