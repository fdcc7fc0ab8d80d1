import { ArrayContains, Column, Entity, IsNull, LessThan, MoreThan, Not, PrimaryColumn, VirtualColumn } from 'typeorm';
import { Injectable } from '@nestjs/common';
import type { ApiKeyId, Scope, WorkspaceId } from '#kernel';
import { Database } from '#database';
import { type Page, toPage } from '#http';
import type { ApiKey, StoredApiKey } from '../api-key.js';
import { ApiKeyRepository } from './api-key.repository.js';

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
export class TypeormApiKeyRepository extends ApiKeyRepository {
  constructor(private readonly database: Database) {
    super();
  }

  async insert(key: ApiKey): Promise<void> {
    await this.rows.insert({ ...key, scopes: [...key.scopes] });
  }

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

  async findForChange(workspaceId: WorkspaceId, id: ApiKeyId): Promise<StoredApiKey | undefined> {
    const lock = { mode: 'pessimistic_write' } as const;
    return (await this.rows.findOne({ where: { workspaceId, id }, lock })) ?? undefined;
  }

  hasActiveOperator(now: Date): Promise<boolean> {
    const active = { scopes: ArrayContains<string>(['operator']) as never, revokedAt: IsNull() };
    return this.rows.exists({
      where: [
        { ...active, expiresAt: IsNull() },
        { ...active, expiresAt: MoreThan(now) },
      ],
    });
  }

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

  async revoke(workspaceId: WorkspaceId, id: ApiKeyId, at: Date): Promise<boolean> {
    const { affected } = await this.rows.update({ workspaceId, id, revokedAt: IsNull() }, { revokedAt: at });
    return affected === 1;
  }

  async revokeOthersNamed(workspaceId: WorkspaceId, name: string, secretHash: Buffer, at: Date): Promise<ApiKey[]> {
    const others = await this.rows.findBy({ workspaceId, name, secretHash: Not(secretHash), revokedAt: IsNull() });
    for (const { id } of others) await this.rows.update({ workspaceId, id }, { revokedAt: at });
    return others;
  }

  private get rows() {
    return this.database.manager.getRepository(ApiKeyEntity);
  }
}
