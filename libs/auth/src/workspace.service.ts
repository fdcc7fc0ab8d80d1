import { Injectable } from '@nestjs/common';
import { CacheService } from '#cache';
import { TransactionRunner } from '#database';
import type { Page } from '#http';
import { Clock, newId, type WorkspaceId } from '#kernel';
import { workspacesBySlug, workspaceTag } from './auth.cache.js';
import { PostgresWorkspaceRepository } from './persistence/postgres-workspace.repository.js';
import { DEFAULT_WORKSPACE, type Workspace } from './workspace.js';

@Injectable()
export class WorkspaceService {
  private known: WorkspaceId | undefined;

  constructor(
    private readonly workspaces: PostgresWorkspaceRepository,
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
  async ensureDefault(): Promise<Workspace> {
    const made = await this.transactions.run(async () => {
      const wanted: Workspace = { id: newId(), slug: DEFAULT_WORKSPACE, name: 'Default', createdAt: this.clock.now() };
      const workspace = await this.workspaces.ensure(wanted);
      if (workspace.id === wanted.id) await this.cache.invalidate([workspaceTag(workspace)]);
      return workspace;
    });
    this.known = made.id;
    return made;
  }

  /**
   * The id of the default workspace, which is never deleted: what is cached of all workspaces is this installation's.
   * Asked of the database once; undefined before the first start has made it.
   */
  async installation(): Promise<WorkspaceId | undefined> {
    return (this.known ??= (await this.workspaces.findBySlug(DEFAULT_WORKSPACE))?.id);
  }

  async findBySlug(slug: string): Promise<Workspace | undefined> {
    const installation = await this.installation();
    if (installation === undefined) return undefined;
    const load = async () => (await this.workspaces.findBySlug(slug)) ?? null;
    return (await this.cache.getOrSet(workspacesBySlug, { installation, slug }, load)) ?? undefined;
  }

  list(after: WorkspaceId | undefined, limit: number): Promise<Page<Workspace, [WorkspaceId]>> {
    return this.workspaces.list(after, limit);
  }
}
