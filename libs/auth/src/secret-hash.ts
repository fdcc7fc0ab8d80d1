import { createHash, hash } from 'node:crypto';

/** A secret is kept and known by its SHA-256 alone. Secrets are random or signed, so no slow hash is needed. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** The same as text, as cache keys and revocations name it. */
export function nameSecret(secret: string): string {
  return hash('sha256', secret, 'hex');
}
