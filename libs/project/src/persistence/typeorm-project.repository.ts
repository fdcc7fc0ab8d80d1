import { Injectable } from '@nestjs/common';
import { MoreThan } from 'typeorm';
import { Database } from '#database';
import { type Page, toPage } from '#http';
import type { ProjectId, WorkspaceId } from '#kernel';
import type { Project } from '../project.js';
import { ProjectEntity } from './project.entity.js';
import { ProjectRepository } from './project.repository.js';

@Injectable()
export class TypeormProjectRepository extends ProjectRepository {
  constructor(private readonly database: Database) {
    super();
  }

  async ensure(project: Project): Promise<Project> {
    const { workspaceId, slug } = project;
    const existing = await this.findBySlug(workspaceId, slug);
    if (existing !== undefined) return existing;
    await this.rows.createQueryBuilder().insert().values(project).orIgnore().execute();
    return this.rows.findOneByOrFail({ workspaceId, slug });
  }

  async findBySlug(workspaceId: WorkspaceId, slug: string): Promise<Project | undefined> {
    return (await this.rows.findOneBy({ workspaceId, slug })) ?? undefined;
  }

  async list(workspaceId: WorkspaceId, after: string | undefined, limit: number): Promise<Page<Project, [string]>> {
    const rows = await this.rows.find({
      where: { workspaceId, ...(after === undefined ? {} : { slug: MoreThan(after) }) },
      order: { slug: 'ASC' },
      take: limit + 1,
    });
    return toPage(rows, limit, (project) => [project.slug]);
  }

  async delete(workspaceId: WorkspaceId, id: ProjectId): Promise<boolean> {
    return (await this.rows.delete({ workspaceId, id })).affected === 1;
  }

  private get rows() {
    return this.database.manager.getRepository(ProjectEntity);
  }
}
