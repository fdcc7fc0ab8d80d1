import { openBody, sealBody } from '../idempotency/sealed-body.js';
import { cursorKey } from './cursor-key.js';

/** A position that clients are not to read: encrypted under the secret of cursors. */
export function hidePosition(position: string): string {
  return sealBody(position, cursorKey().toString('hex'));
}

/** @throws Error for what `hidePosition` did not make. */
export function showPosition(hidden: string): string {
  return openBody(hidden, cursorKey().toString('hex'));
}
