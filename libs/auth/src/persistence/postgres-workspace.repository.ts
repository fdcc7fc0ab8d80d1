import { Column, Entity, MoreThan, PrimaryColumn } from 'typeorm';
import { Injectable } from '@nestjs/common';
import type { WorkspaceId } from '#kernel';
import { type Page, toPage } from '#http';
import { brokenConstraintOf, Database } from '#database';
import type { Workspace } from '../workspace.js';
import { workspaceSlugTaken } from '../auth.errors.js';

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
export class PostgresWorkspaceRepository {
  constructor(private readonly database: Database) {}

  /** @throws DomainError `workspace-exists` where the slug is taken. */
  async insert(workspace: Workspace): Promise<void> {
    try {
      await this.rows.insert(workspace);
    } catch (error) {
      if (brokenConstraintOf(error) === 'workspaces_slug_key') throw workspaceSlugTaken(workspace.slug);
      throw error;
    }
  }

  /**
   * Inserts unless the slug exists; returns the one that is there. Within a transaction: others that ask for it wait until
   * the end, so that starts at the same time come one after the other.
   */
  async ensure(workspace: Workspace): Promise<Workspace> {
    await this.rows.createQueryBuilder().insert().values(workspace).orIgnore().execute();
    return this.rows.findOneOrFail({ where: { slug: workspace.slug }, lock: { mode: 'for_no_key_update' } });
  }

  async findBySlug(slug: string): Promise<Workspace | undefined> {
    const row = await this.rows.findOneBy({ slug });
    return row === null ? undefined : { ...row };
  }

  /** In the order of their ids, which is that of their making. */
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
