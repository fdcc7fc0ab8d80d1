import { Injectable } from '@nestjs/common';
import { ArrayContains, IsNull, LessThan, MoreThan, Not } from 'typeorm';
import { Database } from '#database';
import { type Page, toPage } from '#http';
import type { ApiKeyId, WorkspaceId } from '#kernel';
import type { ApiKey, StoredApiKey } from '../api-key.js';
import { ApiKeyEntity } from './api-key.entity.js';
import { ApiKeyRepository } from './api-key.repository.js';

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
