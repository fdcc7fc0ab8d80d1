import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CacheService } from '#cache';
import { VectorObservers } from '#embedding';
import type { ProjectId, WorkspaceId } from '#kernel';
import { type Project, ProjectCounters, ProjectReader } from '#project';
import { searchTag } from './search.cache.js';
import { SearchChanges } from './search-changes.js';

/** Drops the remembered searches of a project with whatever changes what they would find, in the same transaction. */
@Injectable()
export class SearchInvalidation extends SearchChanges implements OnModuleInit {
  constructor(
    private readonly cache: CacheService,
    private readonly projects: ProjectReader,
    private readonly vectors: VectorObservers,
    private readonly contents: ProjectCounters,
  ) {
    super();
  }

  onModuleInit(): void {
    this.vectors.register({ onVectorsChanged: (workspaceId, ids) => this.projectsChanged(workspaceId, ids) });
    this.contents.onDelete((project) => this.projectDeleted(project));
  }

  async projectsChanged(workspaceId: WorkspaceId, projectIds: readonly ProjectId[]): Promise<void> {
    if (projectIds.length === 0) return;
    const slugs = await this.projects.slugsOf(workspaceId, [...new Set(projectIds)]);
    await this.cache.invalidate(slugs.map((project) => searchTag({ workspace: workspaceId, project })));
  }

  private async projectDeleted({ workspaceId, slug }: Project): Promise<void> {
    await this.cache.invalidate([searchTag({ workspace: workspaceId, project: slug })]);
  }
}
