import { createHash, hash } from 'node:crypto';
import type { Scope, WorkspaceId } from '#kernel';

/** A credential that was verified: what it allows, in its own workspace. */
export interface Credential {
  /** Stable id of its owner: `key:<id>`, `jwt:<subject>`. */
  readonly id: string;
  readonly workspaceId: WorkspaceId;
  readonly scopes: readonly Scope[];
  readonly tier: string | undefined;
  readonly expiresAt: Date | null;
}

/** The credential of an `Authorization` header (RFC 6750); undefined where there is none. */
export function credentialOf(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
}

/** A secret is kept and known by its SHA-256 alone. Secrets are random or signed, so no slow hash is needed. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** The same as text, as cache keys and revocations name it. */
export function nameSecret(secret: string): string {
  return hash('sha256', secret, 'hex');
}

const PRINCIPAL = /^(key|jwt):/;

/** The principal that an administrator means by a user: its id as it is shown everywhere (`key:<id>`, `jwt:<subject>`), else a subject of tokens. */
export function principalOf(user: string): string {
  return PRINCIPAL.test(user) ? user : `jwt:${user}`;
}
