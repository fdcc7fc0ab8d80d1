import type { WorkspaceId } from './ids.js';

/** What a credential may do. `operator` spans workspaces; the others act in one. */
export const scopes = ['memory:read', 'memory:write', 'embeddings', 'admin', 'operator'] as const;

export type Scope = (typeof scopes)[number];

/** Who calls, verified, with the workspace that this call acts in. */
export interface Principal {
  /** Stable id of the credential's owner: `key:<id>`, `jwt:<subject>`. */
  readonly id: string;
  readonly workspaceId: WorkspaceId;
  readonly scopes: ReadonlySet<Scope>;
  /** Names the rate limits that hold for it, where they are not everyone's. */
  readonly tier?: string;
}
