import type { ServerClient } from '../server/server-client.js';
import { ApiKeyClient, type KeyRequest, type KeyView, type NewKeyView } from './api-key-client.js';

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
