import type { WorkspaceId } from '#kernel';
import type { Page } from '#http';
import type { Workspace } from '../workspace.js';

export abstract class WorkspaceRepository {
  /** @throws DomainError `workspace-exists` where the slug is taken. */
  abstract insert(workspace: Workspace): Promise<void>;
  /** Inserts unless the slug exists; returns the one that is there. Safe for concurrent callers. */
  abstract ensure(workspace: Workspace): Promise<Workspace>;
  abstract findBySlug(slug: string): Promise<Workspace | undefined>;
  /** In the order of their ids, which is that of their making. */
  abstract list(after: WorkspaceId | undefined, limit: number): Promise<Page<Workspace, [WorkspaceId]>>;
}
