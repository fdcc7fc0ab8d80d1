import { Injectable } from '@nestjs/common';
import type { Page } from '#http';
import { Clock, newId, type WorkspaceId } from '#kernel';
import { WorkspaceRepository } from './persistence/workspace.repository.js';
import { DEFAULT_WORKSPACE, type Workspace } from './workspace.js';

@Injectable()
export class WorkspaceService {
  constructor(
    private readonly workspaces: WorkspaceRepository,
    private readonly clock: Clock,
  ) {}

  async create(input: { slug: string; name?: string }): Promise<Workspace> {
    const workspace = {
      id: newId<WorkspaceId>(),
      slug: input.slug,
      name: input.name ?? input.slug,
      createdAt: this.clock.now(),
    };
    await this.workspaces.insert(workspace);
    return workspace;
  }

  /** The default workspace, made where it is missing. */
  ensureDefault(): Promise<Workspace> {
    return this.workspaces.ensure({
      id: newId(),
      slug: DEFAULT_WORKSPACE,
      name: 'Default',
      createdAt: this.clock.now(),
    });
  }

  findBySlug(slug: string): Promise<Workspace | undefined> {
    return this.workspaces.findBySlug(slug);
  }

  list(after: WorkspaceId | undefined, limit: number): Promise<Page<Workspace, [WorkspaceId]>> {
    return this.workspaces.list(after, limit);
  }
}
