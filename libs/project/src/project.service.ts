import { Injectable } from '@nestjs/common';
import { Clock, newId, type WorkspaceId } from '#kernel';
import { ProjectRepository } from './persistence/project.repository.js';
import type { Project } from './project.js';

/** Projects as features need them. */
@Injectable()
export class ProjectService {
  constructor(
    private readonly projects: ProjectRepository,
    private readonly clock: Clock,
  ) {}

  /**
   * The project of that slug, made where it is missing: for writes. Within a transaction it can't be deleted by
   * another until the end.
   */
  ensure(workspaceId: WorkspaceId, slug: string): Promise<Project> {
    return this.projects.ensure({ workspaceId, id: newId(), slug, createdAt: this.clock.now() });
  }

  /** The project of that slug, if it was ever written to: for reads, which answer empty where there is none. */
  find(workspaceId: WorkspaceId, slug: string): Promise<Project | undefined> {
    return this.projects.findBySlug(workspaceId, slug);
  }
}
