import { Injectable } from '@nestjs/common';
import type { ProjectId, WorkspaceId } from '#kernel';
import { ProjectRepository } from './persistence/project.repository.js';
import type { Project } from './project.js';

/** What other features may ask about projects. */
@Injectable()
export class ProjectReader {
  constructor(private readonly projects: ProjectRepository) {}

  /** The project of that slug, if it was ever written to. Reads answer empty where there is none. */
  find(workspaceId: WorkspaceId, slug: string): Promise<Project | undefined> {
    return this.projects.findBySlug(workspaceId, slug);
  }

  /** The slugs of those that are there, in no order. */
  slugsOf(workspaceId: WorkspaceId, ids: readonly ProjectId[]): Promise<string[]> {
    return this.projects.slugsOf(workspaceId, ids);
  }
}
