import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ProjectId, WorkspaceId } from '#kernel';

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
