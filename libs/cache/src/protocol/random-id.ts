import { randomFillSync } from 'node:crypto';

/** Length of every stamp, nonce and lease token, in characters. */
export const ID_LENGTH = 16;

const ID_BYTES = 12;
const pool = Buffer.allocUnsafeSlow(ID_BYTES * 512);
let used = pool.length;

/**
 * 96 random bits as 16 characters of base64url. Stamps, nonces, lease tokens and epochs are made of these and never
 * of counters: a counter that is lost starts again and makes dead entries valid.
 */
export function randomId(): string {
  if (used >= pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const id = pool.toString('base64url', used, used + ID_BYTES);
  used += ID_BYTES;
  return id;
}
