import { decodeJwt } from 'jose';
import type { Scope } from '#kernel';

/** What a verified token says of who sent it. */
export interface JwtClaims {
  readonly subject: string;
  /** Slug of the workspace it acts in; absent for operators, who choose one. */
  readonly workspace: string | undefined;
  readonly scopes: readonly Scope[];
  readonly tier: string | undefined;
  /** The beginning of time where the token does not say. */
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/** Whose a token claims to be before it is verified: good for nothing but to know which revocations would concern it. */
export function claimedSubject(token: string): string | undefined {
  try {
    const { sub } = decodeJwt(token);
    return typeof sub === 'string' ? sub : undefined;
  } catch {
    return undefined;
  }
}

/** A credential that could be a JSON Web Token (RFC 7519) in its compact form. */
export function looksLikeJwt(credential: string): boolean {
  return /^[\w-]{2,}\.[\w-]{2,}\.[\w-]{2,}$/.test(credential);
}
