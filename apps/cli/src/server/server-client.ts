import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { DomainError, NotFoundError } from '#kernel';
import { CliError, ExitCode } from '../cli-error.js';
import { isOfFile } from '../file-error.js';

const TIMEOUT_MS = 30_000;
/** A limit that frees later than this is reported instead of waited for. */
const LONGEST_WAIT_SECONDS = 60;

interface ServerAddress {
  readonly url: string;
  readonly key: string;
  /** Slug of the workspace that is spoken of. */
  readonly workspace: string;
}

interface Call {
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: object;
  readonly signal?: AbortSignal;
}

/**
 * The running server, as a command speaks with it. Where a rate limit refuses, a call waits until that frees.
 * @throws CliError where the server does not answer or fails, DomainError for what it refuses.
 */
export class ServerClient {
  constructor(readonly address: ServerAddress) {}

  async call<Answer>(method: string, path: string, { query = {}, body, signal }: Call = {}): Promise<Answer> {
    const url = this.urlOf(path);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value));
    for (;;) {
      const response = await this.send(method, url, body, signal);
      if (response.ok) return (await this.understood(response.json())) as Answer;
      const waitSeconds =
        response.status === 429 ? Number(response.headers.get('retry-after') ?? Number.NaN) : Number.NaN;
      if (!(waitSeconds <= LONGEST_WAIT_SECONDS))
        throw this.refusal(response.status, await response.json().catch(() => undefined));
      await response.body?.cancel();
      await pause(Math.max(1, waitSeconds) * 1_000);
    }
  }

  /** Everything of a list, page by page. */
  async *pages<Item>(path: string, query: Call['query'] = {}): AsyncGenerator<readonly Item[]> {
    let cursor: string | undefined;
    do {
      const page: { items: Item[]; nextCursor: string | null } = await this.call('GET', path, {
        query: { limit: 100, ...query, cursor },
      });
      if (!Array.isArray(page.items)) throw this.foreign();
      yield page.items;
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }

  /** A file of the server, with its length where that is known. However long it takes. */
  async download(path: string): Promise<{ readonly body: Readable; readonly length: number | undefined }> {
    const answer = await this.transfer('GET', this.urlOf(path), {});
    const length = answer.headers['content-length'];
    return { body: answer, length: length === undefined ? undefined : Number(length) };
  }

  /** Sends a file as it is read. However long it takes. */
  async upload<Answer>(
    path: string,
    query: Readonly<Record<string, string>>,
    file: Readable,
    headers: Readonly<Record<string, string>>,
  ): Promise<Answer> {
    const url = this.urlOf(path);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const answer = await this.transfer('POST', url, { 'content-type': 'application/octet-stream', ...headers }, file);
    return (await this.understood(json(answer))) as Answer;
  }

  private async transfer(
    method: string,
    url: URL,
    headers: Readonly<Record<string, string>>,
    body?: Readable,
  ): Promise<IncomingMessage> {
    let answer: IncomingMessage;
    try {
      answer = await sendTransfer(method, url, { ...this.credentials(), ...headers }, body);
    } catch (error) {
      // The file that was to be sent may be what failed.
      throw isOfFile(error) ? error : this.unanswered(error);
    }
    const status = answer.statusCode ?? 0;
    if (status >= 200 && status < 300) return answer;
    throw this.refusal(status, await json(answer).catch(() => undefined));
  }

  private credentials(): Record<string, string> {
    return {
      authorization: `Bearer ${this.address.key}`,
      'x-keepsake-workspace': this.address.workspace,
    };
  }

  /** Below the address, which may have a path of its own and ends without a slash. */
  private urlOf(path: string): URL {
    return new URL(`${this.address.url}${path}`);
  }

  private async understood(answer: Promise<unknown>): Promise<unknown> {
    try {
      return await answer;
    } catch (error) {
      throw error instanceof SyntaxError ? this.foreign(error) : this.unanswered(error);
    }
  }

  /** An answer that no server of ours gives. */
  foreign(cause?: unknown): CliError {
    return new CliError(
      `What answers at ${this.address.url} is no Keepsake server of this release. Set KEEPSAKE_URL to where one listens.`,
      ExitCode.unavailable,
      { cause },
    );
  }

  private refusal(status: number, body: unknown): Error {
    const isProblem = typeof body === 'object' && body !== null && 'code' in body && 'detail' in body;
    // A proxy in between sends no code of ours.
    if (!isProblem && (status < 500 || status === 501)) return this.foreign();
    return toRefusal(status, body ?? {});
  }

  private unanswered(cause: unknown): CliError {
    return new CliError(
      `The server at ${this.address.url} does not answer. Start it, or set KEEPSAKE_URL to where it listens.`,
      ExitCode.unavailable,
      { cause },
    );
  }

  private async send(method: string, url: URL, body?: object, signal?: AbortSignal): Promise<Response> {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    try {
      return await fetch(url, {
        method,
        headers: {
          ...this.credentials(),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body && JSON.stringify(body),
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      });
    } catch (error) {
      throw this.unanswered(error);
    }
  }
}

function toRefusal(status: number, body: unknown): Error {
  const problem = body as { code?: string; detail?: string; errors?: { pointer: string; detail: string }[] };
  const { code = 'unknown-answer', detail = `The server answers ${status}.`, errors = [] } = problem;
  const fields = errors
    .filter((error) => error.detail !== detail)
    .map((error) => `\n  ${error.pointer}: ${error.detail}`)
    .join('');
  const hint = status === 401 || status === 403 ? ' Set KEEPSAKE_KEY to an operator key.' : '';
  const text = `${detail}${hint}${fields}`;
  if (status >= 500) return new CliError(text, ExitCode.unavailable);
  return new DomainError({ code, kind: 'invalid', detail: text });
}

/**
 * Sends a request whose body, or whose answer, may take longer than `fetch` waits for one. Resolves with the answer's
 * head; rejects where there is none.
 */
async function sendTransfer(
  method: string,
  url: URL,
  headers: Readonly<Record<string, string>>,
  body?: Readable,
): Promise<IncomingMessage> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const request = send(url, { method, headers });
  const answered = once(request, 'response') as Promise<[IncomingMessage]>;
  if (body === undefined) request.end();
  else {
    body.once('error', (error) => request.destroy(error));
    // A server that refuses early answers before it has read everything.
    request.on('error', () => body.unpipe(request));
    body.pipe(request);
  }
  const [answer] = await answered;
  return answer;
}

/**
 * Reading an unknown project gives empty answers; a command that names one fails.
 * @throws NotFoundError where nothing was ever written to it
 */
export async function requireProject(server: ServerClient, slug: string): Promise<void> {
  const { id } = await server.call<{ id?: string | null }>('GET', `/v1/projects/${encodeURIComponent(slug)}`);
  if (id === undefined) throw server.foreign();
  if (id === null) throw new NotFoundError('Project', JSON.stringify(slug));
}
