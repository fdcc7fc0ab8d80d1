import type { WorkspaceId } from '#kernel';

/** Tokens that are valid by themselves and yet refused: one of them, or all that a subject was given before. */
export type Revocation =
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
