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
