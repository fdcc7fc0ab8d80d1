import { z } from 'zod';
import { DomainError, InvalidInputError, NotFoundError, type ProjectId, type WorkspaceId } from '#kernel';
import type { Page } from '#http';

/** One body of memory in a workspace. Callers name it by its slug; it is made on first write. */
export interface Project {
  readonly workspaceId: WorkspaceId;
  readonly id: ProjectId;
  readonly slug: string;
  readonly createdAt: Date;
}

/** The project of a call that names none. */
export const DEFAULT_PROJECT = 'default';

/** How every call names a project. */
export const projectSlug = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9])?$/, 'must be 1 to 100 of a-z, 0-9 and inner . _ -');

export function projectNotFound(slug: string): DomainError {
  return new NotFoundError('Project', slug);
}

export function deletionNotConfirmed(slug: string): DomainError {
  return new InvalidInputError('/confirm', `must be ${slug}: everything in the project is deleted for good`, {
    code: 'deletion-not-confirmed',
    in: 'query',
  });
}

export abstract class ProjectRepository {
  /**
   * Inserts unless the slug exists in the workspace; returns the one that is there. Safe for concurrent callers. Within
   * a transaction the project is then kept from being deleted by another until the end.
   */
  abstract ensure(project: Project): Promise<Project>;
  abstract findBySlug(workspaceId: WorkspaceId, slug: string): Promise<Project | undefined>;
  /** Of those that are there. */
  abstract slugsOf(workspaceId: WorkspaceId, ids: readonly ProjectId[]): Promise<ReadonlyMap<ProjectId, string>>;
  /** In the order of their slugs. */
  abstract list(workspaceId: WorkspaceId, after: string | undefined, limit: number): Promise<Page<Project, [string]>>;
  /** Deletes the project with everything in it, however long that takes. Whether there was one. Within a transaction. */
  abstract delete(workspaceId: WorkspaceId, id: ProjectId): Promise<boolean>;
}
