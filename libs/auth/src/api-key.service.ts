import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '#database';
import type { Page } from '#http';
import {
  type ApiKeyId,
  Clock,
  InvalidInputError,
  newId,
  NotFoundError,
  type Principal,
  type Scope,
  type WorkspaceId,
} from '#kernel';
import { type ApiKey, BOOTSTRAP_NAME, generateKey, hashKey, isKeyActive, prefixOf } from './api-key.js';
import { missingScope } from './auth.errors.js';
import { ApiKeyRepository } from './persistence/api-key.repository.js';

/** A key together with its secret, which is told this once. */
export interface NewApiKey {
  readonly apiKey: ApiKey;
  readonly key: string;
}

@Injectable()
export class ApiKeyService {
  constructor(
    private readonly keys: ApiKeyRepository,
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
  ) {}

  /** The active key of that secret, if there is one. */
  async findActive(secret: string): Promise<ApiKey | undefined> {
    const secretHash = hashKey(secret);
    const key = await this.keys.findByHash(secretHash);
    if (key === undefined || !timingSafeEqual(key.secretHash, secretHash)) return undefined;
    return isKeyActive(key, this.clock.now()) ? key : undefined;
  }

  /**
   * Makes a key in the caller's workspace. Nobody hands out a scope that they lack.
   * @throws DomainError `missing-scope`; `invalid-input` for an expiry in the past and for the name of the bootstrap key.
   */
  async create(
    caller: Principal,
    input: { name: string; scopes: readonly Scope[]; expiresAt?: Date },
  ): Promise<NewApiKey> {
    const lacking = input.scopes.find((scope) => !caller.scopes.has(scope));
    if (lacking !== undefined) throw missingScope(lacking);
    if (input.name === BOOTSTRAP_NAME) throw new InvalidInputError('/name', 'is kept for KEEPSAKE_BOOTSTRAP_KEY');
    if (input.expiresAt !== undefined && input.expiresAt <= this.clock.now())
      throw new InvalidInputError('/expiresAt', 'must lie in the future');
    return this.insert(caller.workspaceId, input.name, input.scopes, input.expiresAt ?? null);
  }

  list(workspaceId: WorkspaceId, after: ApiKeyId | undefined, limit: number): Promise<Page<ApiKey, [ApiKeyId]>> {
    return this.keys.list(workspaceId, after, limit);
  }

  /** Replaces a key by a new one of the same name, scopes and expiry; the old one stops working with the answer. */
  async rotate(caller: Principal, id: ApiKeyId): Promise<NewApiKey> {
    return this.transactions.run(async () => {
      const old = await this.get(caller.workspaceId, id);
      requireScopesOf(caller, old);
      const isActive = isKeyActive(old, this.clock.now());
      // Of rotations at the same time one gets the new key; for the others there is nothing left to rotate.
      if (!isActive || !(await this.keys.revoke(caller.workspaceId, id, this.clock.now())))
        throw new NotFoundError('Key', id);
      return this.insert(caller.workspaceId, old.name, old.scopes, old.expiresAt);
    });
  }

  /** The key stops working with the answer. Revoking twice changes nothing. */
  async revoke(caller: Principal, id: ApiKeyId): Promise<ApiKey> {
    return this.transactions.run(async () => {
      requireScopesOf(caller, await this.get(caller.workspaceId, id));
      await this.keys.revoke(caller.workspaceId, id, this.clock.now());
      return this.get(caller.workspaceId, id);
    });
  }

  async insert(
    workspaceId: WorkspaceId,
    name: string,
    scopes: readonly Scope[],
    expiresAt: Date | null,
    key = generateKey(),
  ): Promise<NewApiKey> {
    const apiKey: ApiKey = {
      workspaceId,
      id: newId(),
      name,
      prefix: prefixOf(key),
      secretHash: hashKey(key),
      scopes: [...new Set(scopes)],
      createdAt: this.clock.now(),
      expiresAt,
      revokedAt: null,
    };
    await this.keys.insert(apiKey);
    return { apiKey, key };
  }

  private async get(workspaceId: WorkspaceId, id: ApiKeyId): Promise<ApiKey> {
    const key = await this.keys.find(workspaceId, id);
    if (key === undefined) throw new NotFoundError('Key', id);
    return key;
  }
}

/** An admin must not replace or end a credential that may do more than the admin. */
function requireScopesOf(caller: Principal, key: ApiKey): void {
  const lacking = key.scopes.find((scope) => !caller.scopes.has(scope));
  if (lacking !== undefined) throw missingScope(lacking);
}
