import { Column, Entity, MoreThan, PrimaryColumn } from 'typeorm';
import { Injectable } from '@nestjs/common';
import type { WorkspaceId } from '#kernel';
import { brokenConstraintOf, Database } from '#database';
import { type Page, toPage } from '#http';
import { workspaceSlugTaken } from '../auth.errors.js';
import type { Workspace } from '../workspace.js';
import { WorkspaceRepository } from './workspace.repository.js';

@Entity('workspaces')
export class WorkspaceEntity {
  @PrimaryColumn('uuid')
  id!: WorkspaceId;
  @Column('text')
  slug!: string;
  @Column('text')
  name!: string;
  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;
}

@Injectable()
export class TypeormWorkspaceRepository extends WorkspaceRepository {
  constructor(private readonly database: Database) {
    super();
  }

  async insert(workspace: Workspace): Promise<void> {
    try {
      await this.rows.insert(workspace);
    } catch (error) {
      if (brokenConstraintOf(error) === 'workspaces_slug_key') throw workspaceSlugTaken(workspace.slug);
      throw error;
    }
  }

  async ensure(workspace: Workspace): Promise<Workspace> {
    await this.rows.createQueryBuilder().insert().values(workspace).orIgnore().execute();
    return this.rows.findOneByOrFail({ slug: workspace.slug });
  }

  async findBySlug(slug: string): Promise<Workspace | undefined> {
    const row = await this.rows.findOneBy({ slug });
    return row === null ? undefined : { ...row };
  }

  async list(after: WorkspaceId | undefined, limit: number): Promise<Page<Workspace, [WorkspaceId]>> {
    const rows = await this.rows.find({
      where: after === undefined ? {} : { id: MoreThan(after) },
      order: { id: 'ASC' },
      take: limit + 1,
    });
    return toPage(rows, limit, (workspace) => [workspace.id]);
  }

  private get rows() {
    return this.database.manager.getRepository(WorkspaceEntity);
  }
}
