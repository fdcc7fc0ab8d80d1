import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Keeps an answer that holds a secret so that only the credential that earned it can read it again: AES-256-GCM
 * under a key derived (HKDF-SHA256, RFC 5869) from the credential, which itself is stored nowhere.
 */
export function sealBody(body: string, credential: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, keyOf(credential), nonce);
  return Buffer.concat([nonce, cipher.update(body, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64');
}

/** @throws Error where the text was sealed under another credential or altered. */
export function openBody(sealed: string, credential: string): string {
  const bytes = Buffer.from(sealed, 'base64');
  const decipher = createDecipheriv(ALGORITHM, keyOf(credential), bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8');
}

function keyOf(credential: string): Buffer {
  return Buffer.from(hkdfSync('sha256', credential, '', 'keepsake idempotent answer', 32));
}
