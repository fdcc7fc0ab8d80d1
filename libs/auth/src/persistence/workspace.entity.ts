import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { WorkspaceId } from '#kernel';

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
