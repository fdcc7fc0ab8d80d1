import { Column, Entity, MoreThan, PrimaryColumn } from 'typeorm';
import { Injectable } from '@nestjs/common';
import type { ProjectId, WorkspaceId } from '#kernel';
import { Database } from '#database';
import { type Page, toPage } from '#http';
import { type Project, ProjectRepository } from '../project.js';

@Entity('projects')
export class ProjectEntity {
  @PrimaryColumn('uuid', { name: 'workspace_id' })
  workspaceId!: WorkspaceId;
  @PrimaryColumn('uuid')
  id!: ProjectId;
  @Column('text')
  slug!: string;
  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;
}

/** Longer than any deletion takes, shorter than for ever. */
const DELETION_TIMEOUT_MS = 15 * 60 * 1000;

@Injectable()
export class PostgresProjectRepository extends ProjectRepository {
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
    const row = await this.rows.findOneBy({ workspaceId, slug });
    return row === null ? undefined : toProject(row);
  }

  async slugsOf(workspaceId: WorkspaceId, ids: readonly ProjectId[]): Promise<ReadonlyMap<ProjectId, string>> {
    const rows = await this.database.query<{ id: ProjectId; slug: string }>(
      'SELECT id, slug FROM projects WHERE workspace_id = $1 AND id = ANY ($2::uuid[])',
      [workspaceId, ids],
    );
    return new Map(rows.map(({ id, slug }) => [id, slug]));
  }

  async list(workspaceId: WorkspaceId, after: string | undefined, limit: number): Promise<Page<Project, [string]>> {
    const rows = await this.rows.find({
      where: { workspaceId, ...(after === undefined ? {} : { slug: MoreThan(after) }) },
      order: { slug: 'ASC' },
      take: limit + 1,
    });
    return toPage(rows.map(toProject), limit, (project) => [project.slug]);
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

/** Plain data: instances of a class are not cached. */
function toProject({ workspaceId, id, slug, createdAt }: ProjectEntity): Project {
  return { workspaceId, id, slug, createdAt };
}
