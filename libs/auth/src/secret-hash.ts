import { createHash } from 'node:crypto';

/** A secret is known by its SHA-256 alone, in hex. Secrets are random or signed, so no slow hash is needed. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
