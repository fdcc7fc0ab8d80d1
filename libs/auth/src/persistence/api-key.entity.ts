import { Column, Entity, PrimaryColumn, VirtualColumn } from 'typeorm';
import type { ApiKeyId, Scope, WorkspaceId } from '#kernel';

@Entity('api_keys')
export class ApiKeyEntity {
  @PrimaryColumn('uuid', { name: 'workspace_id' })
  workspaceId!: WorkspaceId;
  @PrimaryColumn('uuid')
  id!: ApiKeyId;
  @Column('text')
  name!: string;
  @Column('text')
  prefix!: string;
  @Column('bytea', { name: 'secret_hash' })
  secretHash!: Buffer;
  @Column('text', { array: true })
  scopes!: Scope[];
  @Column('text', { nullable: true })
  tier!: string | null;
  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;
  @Column('timestamptz', { name: 'expires_at', nullable: true })
  expiresAt!: Date | null;
  @Column('timestamptz', { name: 'revoked_at', nullable: true })
  revokedAt!: Date | null;
  /** That of PostgreSQL: every update of a row has another one. */
  @VirtualColumn({ query: (alias) => `SELECT ${alias}.xmin::text` })
  revision!: string;
}
