import type { ApiKeyId, WorkspaceId } from '#kernel';
import type { Page } from '#http';
import type { ApiKey, StoredApiKey } from '../api-key.js';

export abstract class ApiKeyRepository {
  abstract insert(key: ApiKey): Promise<void>;
  /** Inserts unless a key with the same secret exists; returns the one that is there. */
  abstract ensure(key: ApiKey): Promise<ApiKey>;
  abstract findByHash(secretHash: Buffer): Promise<ApiKey | undefined>;
  abstract find(workspaceId: WorkspaceId, id: ApiKeyId): Promise<StoredApiKey | undefined>;
  /** As `find`, and nobody else changes it until the end of the transaction. */
  abstract findForChange(workspaceId: WorkspaceId, id: ApiKeyId): Promise<StoredApiKey | undefined>;
  /** Whether any active key of any workspace carries the operator scope. */
  abstract hasActiveOperator(now: Date): Promise<boolean>;
  /** Newest first. */
  abstract list(
    workspaceId: WorkspaceId,
    after: ApiKeyId | undefined,
    limit: number,
  ): Promise<Page<ApiKey, [ApiKeyId]>>;
  abstract update(key: ApiKey): Promise<void>;
  /** Whether this call revoked it: of several at once, one. */
  abstract revoke(workspaceId: WorkspaceId, id: ApiKeyId, at: Date): Promise<boolean>;
  /** Revokes every active key of that name whose secret is another one; returns them. */
  abstract revokeOthersNamed(workspaceId: WorkspaceId, name: string, secretHash: Buffer, at: Date): Promise<ApiKey[]>;
}
