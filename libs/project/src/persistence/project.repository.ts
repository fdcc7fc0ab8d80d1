import type { Page } from '#http';
import type { ProjectId, WorkspaceId } from '#kernel';
import type { Project } from '../project.js';

export abstract class ProjectRepository {
  /**
   * Inserts unless the slug exists in the workspace; returns the one that is there. Safe for concurrent callers. Within
   * a transaction the project is then kept from being deleted by another until the end.
   */
  abstract ensure(project: Project): Promise<Project>;
  abstract findBySlug(workspaceId: WorkspaceId, slug: string): Promise<Project | undefined>;
  /** In the order of their slugs. */
  abstract list(workspaceId: WorkspaceId, after: string | undefined, limit: number): Promise<Page<Project, [string]>>;
  /** Deletes the project with everything in it, however long that takes. Whether there was one. Within a transaction. */
  abstract delete(workspaceId: WorkspaceId, id: ProjectId): Promise<boolean>;
}
