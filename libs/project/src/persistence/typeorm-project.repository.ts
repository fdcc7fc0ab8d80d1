import { Injectable } from '@nestjs/common';
import { MoreThan } from 'typeorm';
import { Database } from '#database';
import { type Page, toPage } from '#http';
import type { ProjectId, WorkspaceId } from '#kernel';
import type { Project } from '../project.js';
import { ProjectEntity } from './project.entity.js';
import { ProjectRepository } from './project.repository.js';

/** Longer than any deletion takes, shorter than for ever. */
const DELETION_TIMEOUT_MS = 15 * 60 * 1000;

@Injectable()
export class TypeormProjectRepository extends ProjectRepository {
  constructor(private readonly database: Database) {
    super();
  }

  async ensure(project: Project): Promise<Project> {
    for (;;) {
      const existing = await this.findLocked(project.workspaceId, project.slug);
      if (existing !== undefined) return existing;
      await this.rows.createQueryBuilder().insert().values(project).orIgnore().execute();
    }
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
    await this.database.query(`SELECT set_config('statement_timeout', $1, true)`, [String(DELETION_TIMEOUT_MS)]);
    return (await this.rows.delete({ workspaceId, id })).affected === 1;
  }

  private async findLocked(workspaceId: WorkspaceId, slug: string): Promise<Project | undefined> {
    const [row] = await this.database.query<{ id: ProjectId; created_at: Date }>(
      'SELECT id, created_at FROM projects WHERE workspace_id = $1 AND slug = $2 FOR KEY SHARE',
      [workspaceId, slug],
    );
    return row === undefined ? undefined : { workspaceId, id: row.id, slug, createdAt: row.created_at };
  }

  private get rows() {
    return this.database.manager.getRepository(ProjectEntity);
  }
}
