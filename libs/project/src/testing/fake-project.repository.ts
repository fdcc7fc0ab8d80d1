import type { Page } from '#http';
import { toPage } from '#http';
import type { ProjectId, WorkspaceId } from '#kernel';
import { ProjectRepository, type Project } from '../project.js';

export class FakeProjectRepository extends ProjectRepository {
  private readonly rows: Project[] = [];

  async ensure(project: Project): Promise<Project> {
    const existing = await this.findBySlug(project.workspaceId, project.slug);
    if (existing === undefined) this.rows.push(project);
    return existing ?? project;
  }

  async findBySlug(workspaceId: WorkspaceId, slug: string): Promise<Project | undefined> {
    return this.rows.find((row) => row.workspaceId === workspaceId && row.slug === slug);
  }

  async slugsOf(workspaceId: WorkspaceId, ids: readonly ProjectId[]): Promise<ReadonlyMap<ProjectId, string>> {
    const found = this.rows.filter((row) => row.workspaceId === workspaceId && ids.includes(row.id));
    return new Map(found.map(({ id, slug }) => [id, slug]));
  }

  async list(workspaceId: WorkspaceId, after: string | undefined, limit: number): Promise<Page<Project, [string]>> {
    const rows = this.rows
      .filter((row) => row.workspaceId === workspaceId && (after === undefined || row.slug > after))
      .sort((a, b) => (a.slug < b.slug ? -1 : 1));
    return toPage(rows.slice(0, limit + 1), limit, (project) => [project.slug]);
  }

  async delete(workspaceId: WorkspaceId, id: ProjectId): Promise<boolean> {
    const index = this.rows.findIndex((row) => row.workspaceId === workspaceId && row.id === id);
    if (index >= 0) this.rows.splice(index, 1);
    return index >= 0;
  }
}
