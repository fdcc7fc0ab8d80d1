import { ArrayContains, Column, Entity, IsNull, LessThan, MoreThan, Not, PrimaryColumn, VirtualColumn } from 'typeorm';
import { Injectable } from '@nestjs/common';
import type { ApiKeyId, Scope, WorkspaceId } from '#kernel';
import { type Page, toPage } from '#http';
import { Database } from '#database';
import type { ApiKey, StoredApiKey } from '../api-key.js';

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

@Injectable()
export class PostgresApiKeyRepository {
  constructor(private readonly database: Database) {}

  async insert(key: ApiKey): Promise<void> {
    await this.rows.insert({ ...key, scopes: [...key.scopes] });
  }

  /** Inserts unless a key with the same secret exists; returns the one that is there. */
  async ensure(key: ApiKey): Promise<ApiKey> {
    await this.rows
      .createQueryBuilder()
      .insert()
      .values({ ...key, scopes: [...key.scopes] })
      .orIgnore()
      .execute();
    return this.rows.findOneByOrFail({ secretHash: key.secretHash });
  }

  async findByHash(secretHash: Buffer): Promise<ApiKey | undefined> {
    return (await this.rows.findOneBy({ secretHash })) ?? undefined;
  }

  async find(workspaceId: WorkspaceId, id: ApiKeyId): Promise<StoredApiKey | undefined> {
    return (await this.rows.findOneBy({ workspaceId, id })) ?? undefined;
  }

  /** As `find`, and nobody else changes it until the end of the transaction. */
  async findForChange(workspaceId: WorkspaceId, id: ApiKeyId): Promise<StoredApiKey | undefined> {
    const lock = { mode: 'pessimistic_write' } as const;
    return (await this.rows.findOne({ where: { workspaceId, id }, lock })) ?? undefined;
  }

  /** Whether any active key of any workspace carries the operator scope. */
  hasActiveOperator(now: Date): Promise<boolean> {
    const active = { scopes: ArrayContains<string>(['operator']) as never, revokedAt: IsNull() };
    return this.rows.exists({
      where: [
        { ...active, expiresAt: IsNull() },
        { ...active, expiresAt: MoreThan(now) },
      ],
    });
  }

  /** Newest first. */
  async list(workspaceId: WorkspaceId, after: ApiKeyId | undefined, limit: number): Promise<Page<ApiKey, [ApiKeyId]>> {
    const rows = await this.rows.find({
      where: { workspaceId, ...(after === undefined ? {} : { id: LessThan(after) }) },
      order: { id: 'DESC' },
      take: limit + 1,
    });
    return toPage(rows, limit, (key) => [key.id]);
  }

  async update({ workspaceId, id, name, scopes, tier }: ApiKey): Promise<void> {
    await this.rows.update({ workspaceId, id }, { name, scopes: [...scopes], tier });
  }

  /** Whether this call revoked it: of several at once, one. */
  async revoke(workspaceId: WorkspaceId, id: ApiKeyId, at: Date): Promise<boolean> {
    const { affected } = await this.rows.update({ workspaceId, id, revokedAt: IsNull() }, { revokedAt: at });
    return affected === 1;
  }

  /** Revokes every active key of that name whose secret is another one; returns them. */
  async revokeOthersNamed(workspaceId: WorkspaceId, name: string, secretHash: Buffer, at: Date): Promise<ApiKey[]> {
    const others = await this.rows.findBy({ workspaceId, name, secretHash: Not(secretHash), revokedAt: IsNull() });
    for (const { id } of others) await this.rows.update({ workspaceId, id }, { revokedAt: at });
    return others;
  }

  private get rows() {
    return this.database.manager.getRepository(ApiKeyEntity);
  }
}
