import { DomainError } from '#kernel';
import { CliError } from '../cli-error.js';
import { ExitCode } from '../exit-code.js';
import { KeyOffice, type KeyRequest, type KeyView, type NewKeyView } from './key-office.js';

const TIMEOUT_MS = 30_000;

/** Asks the running server, which alone may use its embedded database. */
export class RemoteKeyOffice extends KeyOffice {
  constructor(
    private readonly url: string,
    private readonly operatorKey: string,
    private readonly workspace: string,
  ) {
    super();
  }

  async list(): Promise<KeyView[]> {
    const keys: KeyView[] = [];
    let cursor: string | null = null;
    do {
      const query = new URLSearchParams({ limit: '100', ...(cursor === null ? {} : { cursor }) });
      const page: { items: KeyView[]; nextCursor: string | null } = await this.call('GET', `/v1/keys?${query}`);
      keys.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== null);
    return keys;
  }

  create(request: KeyRequest): Promise<NewKeyView> {
    return this.call('POST', '/v1/keys', request);
  }

  rotate(id: string): Promise<NewKeyView> {
    return this.call('POST', `/v1/keys/${encodeURIComponent(id)}/rotate`);
  }

  revoke(id: string): Promise<KeyView> {
    return this.call('DELETE', `/v1/keys/${encodeURIComponent(id)}`);
  }

  async close(): Promise<void> {}

  private async call<Answer>(method: string, path: string, body?: object): Promise<Answer> {
    const response = await fetch(new URL(path, this.url), {
      method,
      headers: {
        authorization: `Bearer ${this.operatorKey}`,
        'x-keepsake-workspace': this.workspace,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((error: unknown) => {
      throw new CliError(`The running server at ${this.url} does not answer.`, ExitCode.unavailable, { cause: error });
    });
    if (response.ok) return (await response.json()) as Answer;
    const problem = (await response.json().catch(() => ({}))) as { code?: string; detail?: string };
    const { code = 'unknown-answer', detail = `The server answers ${response.status}.` } = problem;
    const hint = response.status === 401 ? ' Set KEEPSAKE_KEY to an operator key.' : '';
    throw new DomainError({ code, kind: 'invalid', detail: `${detail}${hint}` });
  }
}
