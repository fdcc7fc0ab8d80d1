import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { CacheService, type Tag } from '#cache';
import { TransactionRunner } from '#database';
import { entityTag, type Page, type Preconditions, requireMatch } from '#http';
import {
  type ApiKeyId,
  Clock,
  InvalidInputError,
  isUuid,
  newId,
  NotFoundError,
  type Principal,
  type Scope,
  type WorkspaceId,
} from '#kernel';
import { type ApiKey, BOOTSTRAP_NAME, generateKey, isKeyActive, prefixOf, type StoredApiKey } from './api-key.js';
import { credentialTag } from './auth.cache.js';
import { missingScope, unauthenticated } from './auth.errors.js';
import { type Credential, hashSecret } from './credential.js';
import { PostgresApiKeyRepository } from './persistence/postgres-api-key.repository.js';

/** A key together with its secret, which is shown this once. */
export interface NewApiKey {
  readonly apiKey: ApiKey;
  readonly key: string;
}

@Injectable()
export class ApiKeyService {
  constructor(
    private readonly keys: PostgresApiKeyRepository,
    private readonly transactions: TransactionRunner,
    private readonly clock: Clock,
    private readonly cache: CacheService,
  ) {}

  /** @throws DomainError `unauthenticated` where there is no active key of that secret. */
  async verify(secret: string): Promise<Credential> {
    const secretHash = hashSecret(secret);
    const key = await this.keys.findByHash(secretHash);
    if (key === undefined || !timingSafeEqual(key.secretHash, secretHash) || !isKeyActive(key, this.clock.now()))
      throw unauthenticated();
    const { workspaceId, scopes, expiresAt } = key;
    return { id: `key:${key.id}`, workspaceId, scopes, tier: key.tier ?? undefined, expiresAt };
  }

  /**
   * Makes a key in the caller's workspace. Nobody hands out a scope that they lack, and only operators choose a tier: a
   * key that another one makes has its maker's.
   * @throws DomainError `missing-scope`; `invalid-input` for an expiry in the past and for the name of the bootstrap key.
   */
  async create(
    caller: Principal,
    input: { name: string; scopes: readonly Scope[]; tier?: string | null; expiresAt?: Date },
  ): Promise<NewApiKey> {
    requireScopes(caller, input.scopes);
    const tier = input.tier === undefined && !caller.scopes.has('operator') ? tierOf(caller) : (input.tier ?? null);
    if (tier !== tierOf(caller)) requireTierChoice(caller);
    requireFreeName(input.name);
    if (input.expiresAt !== undefined && input.expiresAt <= this.clock.now())
      throw new InvalidInputError('/expiresAt', 'must lie in the future');
    const { name, scopes, expiresAt = null } = input;
    return this.insert(caller.workspaceId, { name, scopes, tier, expiresAt });
  }

  list(workspaceId: WorkspaceId, after: ApiKeyId | undefined, limit: number): Promise<Page<ApiKey, [ApiKeyId]>> {
    return this.keys.list(workspaceId, after, limit);
  }

  /**
   * Changes what a key is called and what it may do, from the next request on, on every process.
   * @param given what it says of the state it is for; absent: any
   * @throws DomainError `key-not-found`, also for one that was revoked; `missing-scope`; `precondition-failed`.
   */
  async change(
    caller: Principal,
    id: ApiKeyId,
    change: { name?: string; scopes?: readonly Scope[]; tier?: string | null },
    given?: Preconditions,
  ): Promise<StoredApiKey> {
    return this.transactions.run(async () => {
      const old = await this.getForChange(caller.workspaceId, id, given);
      requireScopes(caller, old.scopes);
      requireScopes(caller, change.scopes ?? []);
      if (change.tier !== undefined && change.tier !== old.tier) requireTierChoice(caller);
      if (change.name !== undefined && change.name !== old.name) requireFreeName(change.name);
      if (old.revokedAt !== null) throw new NotFoundError('Key', id);
      const changed: ApiKey = {
        ...old,
        name: change.name ?? old.name,
        scopes: change.scopes === undefined ? old.scopes : [...new Set(change.scopes)],
        tier: change.tier === undefined ? old.tier : change.tier,
      };
      await this.keys.update(changed);
      await this.forget(changed);
      return this.get(caller.workspaceId, id);
    });
  }

  /**
   * Replaces a key by a new one of the same name, scopes, tier and expiry; the old one stops working with the answer.
   * @param given as for `change`
   */
  async rotate(caller: Principal, id: ApiKeyId, given?: Preconditions): Promise<NewApiKey> {
    return this.transactions.run(async () => {
      const old = await this.getForChange(caller.workspaceId, id, given);
      requireScopes(caller, old.scopes);
      const isActive = isKeyActive(old, this.clock.now());
      // Of rotations at the same time one gets the new key; for the others there is nothing left to rotate.
      if (!isActive || !(await this.keys.revoke(caller.workspaceId, id, this.clock.now())))
        throw new NotFoundError('Key', id);
      await this.forget(old);
      return this.insert(caller.workspaceId, old);
    });
  }

  /** The key stops working with the answer. Revoking twice changes nothing. @param given as for `change` */
  async revoke(caller: Principal, id: ApiKeyId, given?: Preconditions): Promise<StoredApiKey> {
    return this.transactions.run(async () => {
      const key = await this.getForChange(caller.workspaceId, id, given);
      requireScopes(caller, key.scopes);
      await this.keys.revoke(caller.workspaceId, id, this.clock.now());
      await this.forget(key);
      return this.get(caller.workspaceId, id);
    });
  }

  async insert(
    workspaceId: WorkspaceId,
    { name, scopes, tier, expiresAt }: Pick<ApiKey, 'name' | 'scopes' | 'tier' | 'expiresAt'>,
    key = generateKey(),
  ): Promise<NewApiKey> {
    const apiKey: ApiKey = {
      workspaceId,
      id: newId(),
      name,
      prefix: prefixOf(key),
      secretHash: hashSecret(key),
      scopes: [...new Set(scopes)],
      tier,
      createdAt: this.clock.now(),
      expiresAt,
      revokedAt: null,
    };
    await this.transactions.run(async () => {
      await this.keys.insert(apiKey);
      await this.forget(apiKey);
    });
    return { apiKey, key };
  }

  /** On every process the next request looks the key up again. */
  forget(...keys: readonly Pick<ApiKey, 'secretHash'>[]): Promise<void> {
    return this.cache.invalidate(keys.map(({ secretHash }) => credentialTag({ hash: secretHash.toString('hex') })));
  }

  /** The tier of a principal of the workspace that is a key (`key:<id>`); undefined where it has none or is none. */
  async tierOf(workspaceId: WorkspaceId, principalId: string): Promise<string | undefined> {
    const [kind, id = ''] = principalId.split(':', 2);
    if (kind !== 'key' || !isUuid(id)) return undefined;
    return (await this.keys.find(workspaceId, id as ApiKeyId))?.tier ?? undefined;
  }

  /** What falls when the verified credential of a principal that is a key (`key:<id>`) is forgotten. @throws DomainError `key-not-found` */
  async credentialTagOf(workspaceId: WorkspaceId, principalId: string): Promise<Tag> {
    const [, id = ''] = principalId.split(':', 2);
    if (!isUuid(id)) throw new NotFoundError('Key', id);
    const { secretHash } = await this.get(workspaceId, id as ApiKeyId);
    return credentialTag({ hash: secretHash.toString('hex') });
  }

  /** @throws DomainError `key-not-found` */
  async get(workspaceId: WorkspaceId, id: ApiKeyId): Promise<StoredApiKey> {
    const key = await this.keys.find(workspaceId, id);
    if (key === undefined) throw new NotFoundError('Key', id);
    return key;
  }

  /** The entity tag of a key: another one after every change. */
  tagOf({ workspaceId, id, revision }: StoredApiKey): string {
    return entityTag(['key', workspaceId, id, revision]);
  }

  private async getForChange(workspaceId: WorkspaceId, id: ApiKeyId, given?: Preconditions): Promise<StoredApiKey> {
    const key = await this.keys.findForChange(workspaceId, id);
    if (key === undefined) throw new NotFoundError('Key', id);
    requireMatch(given, this.tagOf(key));
    return key;
  }
}

/** An admin must not make, change, replace or end a credential that may do more than the admin. */
function requireScopes(caller: Principal, scopes: readonly Scope[]): void {
  const missing = scopes.find((scope) => !caller.scopes.has(scope));
  if (missing !== undefined) throw missingScope(missing);
}

function requireFreeName(name: string): void {
  if (name === BOOTSTRAP_NAME) throw new InvalidInputError('/name', 'is kept for KEEPSAKE_BOOTSTRAP_KEY');
}

function tierOf({ tier }: Principal): string | null {
  return tier ?? null;
}

/** A tier raises limits or lowers them, so nobody gives one to themselves, nor takes off what an operator gave. */
function requireTierChoice(caller: Principal): void {
  if (!caller.scopes.has('operator')) throw missingScope('operator');
}
