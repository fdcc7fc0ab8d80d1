import type { ProjectId, WorkspaceId } from '#kernel';
import type { OverviewCounts, TreeContext, UsedContext } from './overview.js';

/** What the overview of a project is made of. Every list holds newest versions that are not archived. */
export abstract class OverviewRepository {
  /** @param staleBefore read and changed before it means stale */
  abstract counts(workspaceId: WorkspaceId, projectId: ProjectId, staleBefore: Date): Promise<OverviewCounts>;

  /** Those that were read, most often first. */
  abstract mostUsed(workspaceId: WorkspaceId, projectId: ProjectId, limit: number): Promise<readonly UsedContext[]>;

  /** Least often read first, and of those the longest unchanged. */
  abstract leastUsed(workspaceId: WorkspaceId, projectId: ProjectId, limit: number): Promise<readonly UsedContext[]>;

  /** Longest untouched first. */
  abstract stale(
    workspaceId: WorkspaceId,
    projectId: ProjectId,
    staleBefore: Date,
    limit: number,
  ): Promise<readonly UsedContext[]>;

  /** In the order of their labels. */
  abstract labels(workspaceId: WorkspaceId, projectId: ProjectId, limit: number): Promise<readonly TreeContext[]>;
}
