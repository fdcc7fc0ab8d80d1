import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '#database';
import type { Page } from '#http';
import type { WorkspaceId } from '#kernel';
import { ProjectRepository } from './persistence/project.repository.js';
import { DEFAULT_PROJECT, type Project } from './project.js';
import { ProjectContents } from './project-contents.js';
import { deletionNotConfirmed, projectNotFound } from './project.errors.js';
import { ProjectService } from './project.service.js';

/** What a project holds, by name: `{ contexts: 12, sessions: 3 }`. */
export type ProjectCounts = Readonly<Record<string, number>>;

/** Projects as people look after them. */
@Injectable()
export class ProjectCatalogueService {
  constructor(
    private readonly projects: ProjectRepository,
    private readonly service: ProjectService,
    private readonly contents: ProjectContents,
    private readonly transactions: TransactionRunner,
  ) {}

  /** In the order of their slugs. `default` is always there. */
  async list(workspaceId: WorkspaceId, after: string | undefined, limit: number): Promise<Page<Project, [string]>> {
    await this.ensureDefault(workspaceId);
    return this.projects.list(workspaceId, after, limit);
  }

  /** The project, undefined where nothing was ever written to it, and what it holds. */
  async survey(
    workspaceId: WorkspaceId,
    slug: string,
  ): Promise<{ readonly project: Project | undefined; readonly counts: ProjectCounts }> {
    if (slug === DEFAULT_PROJECT) await this.ensureDefault(workspaceId);
    const project = await this.projects.findBySlug(workspaceId, slug);
    return { project, counts: await this.contents.count(project) };
  }

  /**
   * Deletes a project with everything in it, for good and at once: every read from the commit on finds nothing of it.
   * Writes to it that run at the same time are either deleted too or make it anew. `default` is empty afterwards.
   * @param confirm the slug again
   * @returns what was deleted
   * @throws DomainError `deletion-not-confirmed`, `project-not-found`
   */
  delete(workspaceId: WorkspaceId, slug: string, confirm: string | undefined): Promise<ProjectCounts> {
    if (confirm !== slug) return Promise.reject(deletionNotConfirmed(slug));
    return this.transactions.run(async () => {
      const project = await this.projects.findBySlug(workspaceId, slug);
      if (project === undefined) throw projectNotFound(slug);
      const counts = await this.contents.count(project);
      if (!(await this.projects.delete(workspaceId, project.id))) throw projectNotFound(slug);
      return counts;
    });
  }

  private async ensureDefault(workspaceId: WorkspaceId): Promise<void> {
    await this.service.ensure(workspaceId, DEFAULT_PROJECT);
  }
}
