import { Injectable } from '@nestjs/common';
import type { WorkspaceId } from '#kernel';
import { Database } from '#database';

/** Tokens that are valid by themselves and yet refused: one of them, or all that a subject was given before. */
type Revocation =
  | {
      readonly workspaceId: WorkspaceId;
      readonly kind: 'token';
      /** SHA-256 of the token, in hex. */
      readonly value: string;
      readonly revokedAt: Date;
      /** From then on the token is refused by itself. */
      readonly expiresAt: Date;
    }
  | {
      readonly workspaceId: WorkspaceId;
      readonly kind: 'subject';
      readonly value: string;
      readonly revokedAt: Date;
      readonly expiresAt: Date;
    };

@Injectable()
export class PostgresRevocationRepository {
  constructor(private readonly database: Database) {}

  /** Adds it, or moves an earlier one of the same value forward. Forgets some of tokens that are over. */
  async add({ workspaceId, kind, value, revokedAt, expiresAt }: Revocation): Promise<void> {
    await this.database.query(
      `INSERT INTO token_revocations (workspace_id, kind, value, revoked_at, expires_at) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (workspace_id, kind, value) DO UPDATE
         SET revoked_at = greatest(token_revocations.revoked_at, excluded.revoked_at),
             expires_at = greatest(token_revocations.expires_at, excluded.expires_at)`,
      [workspaceId, kind, value, revokedAt, expiresAt],
    );
    // Those of subjects stay: a token that does not say when it was issued may be any age.
    await this.database.query(
      `DELETE FROM token_revocations AS gone USING (
         SELECT workspace_id, kind, value FROM token_revocations WHERE kind = 'token' AND expires_at < $1 LIMIT 100 FOR UPDATE SKIP LOCKED
       ) AS old
       WHERE gone.workspace_id = old.workspace_id AND gone.kind = old.kind AND gone.value = old.value`,
      [revokedAt],
    );
  }

  /** Whether the token, or every token that its subject had at `issuedAt`, is revoked. */
  async isRevoked(
    workspaceId: WorkspaceId,
    { hash, subject, issuedAt }: { readonly hash: string; readonly subject: string; readonly issuedAt: Date },
  ): Promise<boolean> {
    const rows = await this.database.query(
      `SELECT FROM token_revocations WHERE workspace_id = $1 AND kind = 'token' AND value = $2
       UNION ALL
       SELECT FROM token_revocations WHERE workspace_id = $1 AND kind = 'subject' AND value = $3 AND revoked_at >= $4`,
      [workspaceId, hash, subject, issuedAt],
    );
    return rows.length > 0;
  }
}
