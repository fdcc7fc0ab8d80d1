import { Injectable } from '@nestjs/common';
import { CacheService } from '#cache';
import type { ProjectId, WorkspaceId } from '#kernel';
import { ProjectRepository, type Project } from './project.js';
import { projects } from './project.cache.js';

/** What other features may ask about projects. */
@Injectable()
export class ProjectReader {
  constructor(
    private readonly repository: ProjectRepository,
    private readonly cache: CacheService,
  ) {}

  /** The project of that slug, if it was ever written to. Reads answer empty where there is none. */
  async find(workspaceId: WorkspaceId, slug: string): Promise<Project | undefined> {
    const load = async () => (await this.repository.findBySlug(workspaceId, slug)) ?? null;
    return (await this.cache.getOrSet(projects, { workspace: workspaceId, project: slug }, load)) ?? undefined;
  }

  /** The slugs of those that are there, in no order. */
  slugsOf(workspaceId: WorkspaceId, ids: readonly ProjectId[]): Promise<string[]> {
    return this.repository.slugsOf(workspaceId, ids);
  }
}
