import { Injectable } from '@nestjs/common';
import { CacheService } from '#cache';
import { Clock, newId, type WorkspaceId } from '#kernel';
import { ProjectRepository, type Project } from './project.js';
import { projectListTag, projectTag } from './project.cache.js';
import { ProjectReader } from './project.reader.js';

/** Projects as features need them. */
@Injectable()
export class ProjectService {
  constructor(
    private readonly projects: ProjectRepository,
    private readonly reader: ProjectReader,
    private readonly cache: CacheService,
    private readonly clock: Clock,
  ) {}

  /**
   * The project of that slug, made where it is missing: for writes. Within a transaction it can't be deleted by
   * another until the end.
   */
  async ensure(workspaceId: WorkspaceId, slug: string): Promise<Project> {
    const wanted: Project = { workspaceId, id: newId(), slug, createdAt: this.clock.now() };
    const project = await this.projects.ensure(wanted);
    if (project.id === wanted.id) {
      const named = { workspace: workspaceId, project: slug };
      await this.cache.invalidate([projectTag(named), projectListTag(named)]);
    }
    return project;
  }

  /** The project of that slug, if it was ever written to: for reads, which answer empty where there is none. */
  find(workspaceId: WorkspaceId, slug: string): Promise<Project | undefined> {
    return this.reader.find(workspaceId, slug);
  }
}
