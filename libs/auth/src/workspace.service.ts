import { Injectable } from '@nestjs/common';
import { CacheService } from '#cache';
import { TransactionRunner } from '#database';
import type { Page } from '#http';
import { Clock, newId, type WorkspaceId } from '#kernel';
import { workspacesBySlug, workspaceTag } from './auth.cache.js';
import { WorkspaceRepository } from './persistence/workspace.repository.js';
import { DEFAULT_WORKSPACE, type Workspace } from './workspace.js';

@Injectable()
export class WorkspaceService {
  constructor(
    private readonly workspaces: WorkspaceRepository,
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
    private readonly cache: CacheService,
  ) {}

  async create(input: { slug: string; name?: string }): Promise<Workspace> {
    const workspace = {
      id: newId<WorkspaceId>(),
      slug: input.slug,
      name: input.name ?? input.slug,
      createdAt: this.clock.now(),
    };
    await this.transactions.run(async () => {
      await this.workspaces.insert(workspace);
      await this.cache.invalidate([workspaceTag(workspace)]);
    });
    return workspace;
  }

  /** The default workspace, made where it is missing. */
  ensureDefault(): Promise<Workspace> {
    return this.transactions.run(async () => {
      const workspace = await this.workspaces.ensure({
        id: newId(),
        slug: DEFAULT_WORKSPACE,
        name: 'Default',
        createdAt: this.clock.now(),
      });
      await this.cache.invalidate([workspaceTag(workspace)]);
      return workspace;
    });
  }

  async findBySlug(slug: string): Promise<Workspace | undefined> {
    const load = async () => (await this.workspaces.findBySlug(slug)) ?? null;
    return (await this.cache.getOrSet(workspacesBySlug, { slug }, load)) ?? undefined;
  }

  list(after: WorkspaceId | undefined, limit: number): Promise<Page<Workspace, [WorkspaceId]>> {
    return this.workspaces.list(after, limit);
  }
}
