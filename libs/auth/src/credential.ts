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
