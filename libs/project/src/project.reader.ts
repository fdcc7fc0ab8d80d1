import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { CacheService } from '#cache';
import type { ProjectId, WorkspaceId } from '#kernel';
import { ProjectRepository, type Project } from './project.js';
import { projects } from './project.cache.js';

/** Slugs that a process keeps, of about 100 bytes each. */
const MAX_SLUGS = 10_000;

/** What other features may ask about projects. */
@Injectable()
export class ProjectReader {
  /** By workspace and id. A project keeps its slug as long as there is one; who deletes it and makes it again gets another id. */
  private readonly slugs = new LRUCache<string, string>({ max: MAX_SLUGS });

  constructor(
    private readonly repository: ProjectRepository,
    private readonly cache: CacheService,
  ) {}

  /** The project of that slug, if it was ever written to. Reads answer empty where there is none. */
  async find(workspaceId: WorkspaceId, slug: string): Promise<Project | undefined> {
    const load = async () => (await this.repository.findBySlug(workspaceId, slug)) ?? null;
    return (await this.cache.getOrSet(projects, { workspace: workspaceId, project: slug }, load)) ?? undefined;
  }

  /** The slugs of those that are there, in no order; of some that were deleted as well. */
  async slugsOf(workspaceId: WorkspaceId, ids: readonly ProjectId[]): Promise<string[]> {
    const slugs: string[] = [];
    const unknown: ProjectId[] = [];
    for (const id of ids) {
      const slug = this.slugs.get(`${workspaceId} ${id}`);
      if (slug === undefined) unknown.push(id);
      else slugs.push(slug);
    }
    if (unknown.length === 0) return slugs;
    for (const [id, slug] of await this.repository.slugsOf(workspaceId, unknown)) {
      this.slugs.set(`${workspaceId} ${id}`, slug);
      slugs.push(slug);
    }
    return slugs;
  }
}
