import type { WorkspaceId } from '#kernel';
import type { Revocation } from '../jwt/revocation.js';

export abstract class RevocationRepository {
  /** Adds it, or moves an earlier one of the same value forward. Forgets some of tokens that are over. */
  abstract add(revocation: Revocation): Promise<void>;
  /** Whether the token, or every token that its subject had at `issuedAt`, is revoked. */
  abstract isRevoked(
    workspaceId: WorkspaceId,
    token: { readonly hash: string; readonly subject: string; readonly issuedAt: Date },
  ): Promise<boolean>;
}
