import { randomBytes } from 'node:crypto';
import type { ApiKeyId, Scope, WorkspaceId } from '#kernel';

/** A credential as it is kept: what it may do, and the hash of its secret, never the secret. */
export interface ApiKey {
  readonly workspaceId: WorkspaceId;
  readonly id: ApiKeyId;
  readonly name: string;
  /** The first characters of the key, to recognise it by. */
  readonly prefix: string;
  readonly secretHash: Buffer;
  readonly scopes: readonly Scope[];
  /** Names the rate limits that hold for it; null: everyone's. */
  readonly tier: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
}

/** As it was read: the revision never comes again once the key was changed. */
export interface StoredApiKey extends ApiKey {
  readonly revision: string;
}

/** Name of the key that the configuration sets, and of those that came of it by rotation. */
export const BOOTSTRAP_NAME = 'bootstrap';

/** A new key `ks_<prefix>_<secret>`: 8 characters to recognise it by and 256 bits of randomness. */
export function generateKey(): string {
  return `ks_${randomBytes(4).toString('hex')}_${randomBytes(32).toString('base64url')}`;
}

export function prefixOf(key: string): string {
  return key.slice(0, 11);
}

export function isKeyActive(key: ApiKey, now: Date): boolean {
  return key.revokedAt === null && (key.expiresAt === null || key.expiresAt > now);
}
