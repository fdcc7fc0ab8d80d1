import type { ProjectId, WorkspaceId } from '#kernel';

/** One body of memory in a workspace. Callers name it by its slug; it is made on first write. */
export interface Project {
  readonly workspaceId: WorkspaceId;
  readonly id: ProjectId;
  readonly slug: string;
  readonly createdAt: Date;
}

/** The project of a call that names none. */
export const DEFAULT_PROJECT = 'default';
