import { Injectable } from '@nestjs/common';
import { CacheService, ListCache, workspaceDeletionTag } from '#cache';
import { TransactionRunner } from '#database';
import type { Page } from '#http';
import type { WorkspaceId } from '#kernel';
import { ProjectRepository, DEFAULT_PROJECT, deletionNotConfirmed, type Project, projectNotFound } from './project.js';
import { projectCountersTag, projectListTag, projectTag } from './project.cache.js';
import { ProjectCounters, ProjectObservers } from './project-contents.js';
import { ProjectService } from './project.service.js';

/** What a project holds, by name: `{ contexts: 12, sessions: 3 }`. */
export type ProjectCounts = Readonly<Record<string, number>>;

/** Projects as people look after them. */
@Injectable()
export class ProjectCatalogueService {
  constructor(
    private readonly projects: ProjectRepository,
    private readonly service: ProjectService,
    private readonly contents: ProjectCounters,
    private readonly observers: ProjectObservers,
    private readonly queries: ListCache,
    private readonly cache: CacheService,
    private readonly transactions: TransactionRunner,
  ) {}

  /** In the order of their slugs. `default` is always there. */
  list(workspaceId: WorkspaceId, after: string | undefined, limit: number): Promise<Page<Project, [string]>> {
    const tags = [projectListTag({ workspace: workspaceId })];
    const query = { workspace: workspaceId, statement: 'projects', parameters: { after, limit }, tags };
    return this.queries.read(query, async () => {
      await this.ensureDefault(workspaceId);
      return this.projects.list(workspaceId, after, limit);
    });
  }

  /** The project, undefined where nothing was ever written to it, and what it holds. */
  survey(
    workspaceId: WorkspaceId,
    slug: string,
  ): Promise<{ readonly project: Project | undefined; readonly counts: ProjectCounts }> {
    const named = { workspace: workspaceId, project: slug };
    const tags = [projectTag(named), projectCountersTag(named)];
    const query = { workspace: workspaceId, statement: 'project-survey', parameters: slug, tags };
    return this.queries.read(query, async () => {
      if (slug === DEFAULT_PROJECT) await this.ensureDefault(workspaceId);
      const project = await this.projects.findBySlug(workspaceId, slug);
      return { project, counts: await this.contents.count(project) };
    });
  }

  /**
   * Deletes a project with everything in it, for good and at once: every read from the commit on finds nothing of it,
   * and no cache holds anything of it when the caller is answered.
   * Writes to it that run at the same time are either deleted too or make it again. `default` is empty afterwards.
   * @param confirm the slug again
   * @returns what was deleted
   * @throws DomainError `deletion-not-confirmed`, `project-not-found`
   */
  delete(workspaceId: WorkspaceId, slug: string, confirm: string): Promise<ProjectCounts> {
    if (confirm !== slug) return Promise.reject(deletionNotConfirmed(slug));
    return this.transactions.run(async () => {
      const project = await this.projects.findBySlug(workspaceId, slug);
      if (project === undefined) throw projectNotFound(slug);
      const counts = await this.contents.count(project);
      if (!(await this.projects.delete(workspaceId, project.id))) throw projectNotFound(slug);
      await this.observers.deleted(project);
      const named = { workspace: workspaceId, project: slug };
      await this.cache.invalidate([projectTag(named), projectListTag(named), workspaceDeletionTag(named)]);
      await this.cache.erase(workspaceId);
      return counts;
    });
  }

  /** A read that writes: in a transaction with its tags, so that a process which dies between the two hides nothing. */
  private async ensureDefault(workspaceId: WorkspaceId): Promise<void> {
    if ((await this.projects.findBySlug(workspaceId, DEFAULT_PROJECT)) !== undefined) return;
    await this.transactions.run(() => this.service.ensure(workspaceId, DEFAULT_PROJECT));
  }
}
