import type { Scope } from '#kernel';
import type { ServerClient } from '../server/server-client.js';

/** A key as it is shown; never its secret. */
export interface KeyView {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
}

/** A key with its secret, which is shown this once. */
export interface NewKeyView extends KeyView {
  readonly key: string;
}

export interface KeyRequest {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly expiresAt?: Date;
}

/** Hands out and takes back the keys of one workspace, wherever its database is. Errors are `DomainError`s of the service. */
export abstract class ApiKeyClient {
  /** All of them, newest first. */
  abstract list(): Promise<KeyView[]>;
  abstract create(request: KeyRequest): Promise<NewKeyView>;
  abstract rotate(id: string): Promise<NewKeyView>;
  abstract revoke(id: string): Promise<KeyView>;
  abstract close(): Promise<void>;
}

/** Asks the running server, which alone may use its embedded database. */
export class RemoteApiKeyClient extends ApiKeyClient {
  constructor(private readonly server: ServerClient) {
    super();
  }

  async list(): Promise<KeyView[]> {
    const keys: KeyView[] = [];
    for await (const page of this.server.pages<KeyView>('/v1/keys')) keys.push(...page);
    return keys;
  }

  create(request: KeyRequest): Promise<NewKeyView> {
    return this.server.call('POST', '/v1/keys', { body: request });
  }

  rotate(id: string): Promise<NewKeyView> {
    return this.server.call('POST', `/v1/keys/${encodeURIComponent(id)}/rotate`);
  }

  revoke(id: string): Promise<KeyView> {
    return this.server.call('DELETE', `/v1/keys/${encodeURIComponent(id)}`);
  }

  async close(): Promise<void> {}
}
