import type { WorkspaceId } from '#kernel';

/** The tenant. Everything belongs to one, and nothing crosses. */
export interface Workspace {
  readonly id: WorkspaceId;
  readonly slug: string;
  readonly name: string;
  readonly createdAt: Date;
}

/** The workspace that always exists. */
export const DEFAULT_WORKSPACE = 'default';

/** What a workspace may be called in calls and tokens. */
export const WORKSPACE_SLUG = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
