import { Injectable } from '@nestjs/common';
import { CacheService } from '#cache';
import { type ChangedVectors, type VectorObserver, VectorObservers } from '#embedding';
import type { ProjectId, WorkspaceId } from '#kernel';
import { type Project, type ProjectObserver, ProjectObservers, ProjectReader } from '#project';
import { KeywordIndex } from './persistence/keyword-index.js';
import { searchTag } from './search.cache.js';
import type { SearchDocument } from './search.js';

/** Who has to know when what a search finds changes. */
export abstract class SearchChanges {
  /** Runs in the transaction of the write. Nothing but SQL may be awaited; a rejection takes the write back. */
  abstract projectsChanged(workspaceId: WorkspaceId, projectIds: readonly ProjectId[]): Promise<void>;
}

/** Which projects documents belong to. */
export function projectsOf(documents: readonly SearchDocument[]): Map<WorkspaceId, Set<ProjectId>> {
  const projects = new Map<WorkspaceId, Set<ProjectId>>();
  for (const { workspaceId, projectId } of documents) {
    const known = projects.get(workspaceId) ?? new Set();
    projects.set(workspaceId, known.add(projectId));
  }
  return projects;
}

/** Drops the remembered searches of a project with whatever changes what they would find, in the same transaction. */
@Injectable()
export class SearchInvalidation extends SearchChanges implements VectorObserver, ProjectObserver {
  constructor(
    private readonly cache: CacheService,
    private readonly projects: ProjectReader,
    private readonly index: KeywordIndex,
    vectorObservers: VectorObservers,
    projectObservers: ProjectObservers,
  ) {
    super();
    vectorObservers.register(this);
    projectObservers.register(this);
  }

  async onVectorsChanged(workspaceId: WorkspaceId, contexts: readonly ChangedVectors[]): Promise<void> {
    await this.index.noteChanged(
      workspaceId,
      contexts.map(({ contextId, projectId }) => ({ id: contextId, projectId, kind: 'context' })),
    );
    await this.projectsChanged(
      workspaceId,
      contexts.map(({ projectId }) => projectId),
    );
  }

  async projectsChanged(workspaceId: WorkspaceId, projectIds: readonly ProjectId[]): Promise<void> {
    if (projectIds.length === 0) return;
    const slugs = await this.projects.slugsOf(workspaceId, [...new Set(projectIds)]);
    await this.cache.invalidate(slugs.map((project) => searchTag({ workspace: workspaceId, project })));
  }

  async onProjectDeleted({ workspaceId, slug }: Project): Promise<void> {
    await this.cache.invalidate([searchTag({ workspace: workspaceId, project: slug })]);
  }
}
