import { setTimeout as pause } from 'node:timers/promises';
import { DomainError } from '#kernel';
import { CliError, ExitCode } from '../cli-error.js';
import type { ServerClient } from '../server/server-client.js';

/** A message of JSON-RPC 2.0, as far as it must be understood to hand it on. */
export interface JsonRpcMessage {
  readonly id?: string | number | null;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

/** What a failure to hand a request on is reported as; the range that the specification leaves to servers. */
const SERVER_ERROR = -32_000;
export const PARSE_ERROR = -32_700;

export function errorMessage(id: JsonRpcMessage['id'], message: string, code = SERVER_ERROR, data?: unknown): object {
  return { jsonrpc: '2.0', id: id ?? null, error: { code, message, ...(data === undefined ? {} : { data }) } };
}

/** Whether somebody waits for an answer. */
export function isRequest({ id, method }: JsonRpcMessage): boolean {
  return method !== undefined && id !== undefined && id !== null;
}

/** As long as a server takes to start again, with a margin; clients wait a minute for an answer. */
const START_TIMEOUT_MS = 20_000;
const PAUSE_MS = 250;
const TIMEOUT_MS = 120_000;

export interface McpSettings {
  readonly profile: string;
  readonly project: string | undefined;
  /** As the protocol's version has it where absent. */
  readonly results: string | undefined;
}

interface Answer {
  readonly status: number;
  readonly body: any;
  /** The same as it came. */
  readonly json: string;
  readonly session: string | undefined;
}

/**
 * The way to `/mcp` of the running server. A server that is starting again is waited for, and a session that it does not
 * know any more is begun again with what the client said when it began: the client notices neither.
 */
export class McpLink {
  private session: string | undefined;
  private version: string | undefined;
  private beginning: { readonly message: JsonRpcMessage; readonly json: string } | undefined;
  private server: ServerClient | undefined;

  /** @param find is asked again where no server answers: one that starts again may listen elsewhere. */
  constructor(
    private readonly find: () => Promise<ServerClient>,
    private readonly settings: McpSettings,
  ) {}

  /** @throws CliError where no server answers, DomainError where it refuses the key or the settings */
  async check(): Promise<void> {
    const { status, body } = await this.post(
      { id: 0, method: 'ping' },
      '{"jsonrpc":"2.0","id":0,"method":"ping"}',
      undefined,
      0,
    );
    if (status === 200 && body?.jsonrpc === '2.0') return;
    const hint = status === 401 || status === 403 ? ' Set KEEPSAKE_KEY.' : '';
    const detail = `${body?.detail ?? `The server answers ${status}.`}${hint}`;
    throw new DomainError({ code: body?.code ?? 'unknown-answer', kind: 'invalid', detail });
  }

  /** The JSON of the answer, in one line and as the server wrote it; undefined for what has none. */
  async send(message: JsonRpcMessage, signal: AbortSignal, written: string): Promise<string | undefined> {
    const json = withVersion(message, written);
    if (message.method === 'initialize') this.beginning = { message, json };
    const used = this.session;
    let answer = await this.post(message, json, signal);
    if (answer.status === 404 && answer.body?.code === 'mcp-session-not-found') {
      // Of several that are refused at once, the first begins again.
      if (this.session === used) await this.restart(signal);
      answer = await this.post(message, json, signal);
    }
    if (message.method === 'initialize') this.remember(answer);
    return toMessage(message, answer);
  }

  private async restart(signal: AbortSignal): Promise<void> {
    this.session = undefined;
    const { beginning } = this;
    if (beginning !== undefined) this.remember(await this.post(beginning.message, beginning.json, signal));
  }

  private remember({ status, body, session }: Answer): void {
    if (status !== 200) return;
    this.session = session;
    this.version = body?.result?.protocolVersion as string | undefined;
  }

  private async post(
    message: JsonRpcMessage,
    json: string,
    signal?: AbortSignal,
    timeoutMs = START_TIMEOUT_MS,
  ): Promise<Answer> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const { address } = (this.server ??= await this.find());
      try {
        return await this.exchange(address, message, json, signal);
      } catch (error) {
        if (signal?.aborted === true) throw error;
        this.server = undefined;
        if (error instanceof CliError) throw error;
        // Nothing was sent: it can't be done twice.
        if (!isNobodyThere(error))
          throw new CliError(
            `The server at ${address.url} broke off: it may have done what was asked.`,
            ExitCode.unavailable,
            {
              cause: error,
            },
          );
        if (Date.now() > deadline)
          throw new CliError(
            `The server at ${address.url} does not answer. Start it, or set KEEPSAKE_URL to where it listens.`,
            ExitCode.unavailable,
            { cause: error },
          );
        await pause(PAUSE_MS, undefined, { signal });
      }
    }
  }

  private async exchange(
    { url, key, workspace }: ServerClient['address'],
    message: JsonRpcMessage,
    json: string,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    const { profile, project, results } = this.settings;
    const address = new URL(`${url}/mcp`);
    address.searchParams.set('profile', profile);
    if (project !== undefined) address.searchParams.set('project', project);
    if (results !== undefined) address.searchParams.set('results', results);
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(address, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'x-keepsake-workspace': workspace,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(this.session === undefined ? {} : { 'mcp-session-id': this.session }),
        ...protocolHeaders(message, this.version),
      },
      body: json,
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    const text = await response.text();
    const session = response.headers.get('mcp-session-id') ?? undefined;
    return { status: response.status, body: text === '' ? undefined : bodyOf(text, url), json: text, session };
  }
}

function bodyOf(text: string, url: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError(
      `What answers at ${url} is no Keepsake server. Set KEEPSAKE_URL to where one listens.`,
      ExitCode.unavailable,
      { cause: error },
    );
  }
}

/** What the client is answered: the server's message, or its problem as an error of the protocol. */
function toMessage(asked: JsonRpcMessage, { status, body, json }: Answer): string | undefined {
  if (!isRequest(asked)) return undefined;
  const isAnswer =
    body !== undefined && body.id === asked.id && (body.result !== undefined || body.error !== undefined);
  // Outside of its texts, which have none, a line break means nothing in JSON.
  if (isAnswer) return json.replaceAll(/[\r\n]/g, ' ');
  const { code, detail, errors, error } = body ?? {};
  const text = detail ?? error?.message ?? `The server answers ${status}.`;
  return JSON.stringify(errorMessage(asked.id, text, error?.code, { status, code, errors }));
}

/** The connection was refused, so the server has seen nothing. */
function isNobodyThere(error: unknown): boolean {
  const { code } = ((error as Error).cause ?? {}) as { code?: string };
  return code === 'ECONNREFUSED' || code === 'UND_ERR_CONNECT_TIMEOUT';
}

/** As it was written, with the version of JSON-RPC where a client leaves it out. */
function withVersion(message: JsonRpcMessage & { readonly jsonrpc?: unknown }, json: string): string {
  return message.jsonrpc === undefined ? `{"jsonrpc":"2.0",${json.trimStart().slice(1)}` : json;
}

const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';

/** Which parameter names what a method is about. */
const namedBy: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
};

/**
 * What Streamable HTTP says in headers and standard input does not: from version 2026-07-28 on, the version that the
 * message names, its method and what it is about; before that, the version that was negotiated.
 */
export function protocolHeaders(
  { id, method = '', params = {} }: JsonRpcMessage,
  negotiated: string | undefined,
): Record<string, string> {
  const meta = params['_meta'] as Readonly<Record<string, unknown>> | undefined;
  const named = meta?.[VERSION_KEY];
  if (typeof named !== 'string' || !isRequest({ id, method })) {
    const isNegotiated = negotiated !== undefined && method !== 'initialize';
    return isNegotiated ? { 'mcp-protocol-version': negotiated } : {};
  }
  const about = params[namedBy[method] ?? ''];
  return {
    'mcp-protocol-version': named,
    'mcp-method': method,
    ...(typeof about === 'string' ? { 'mcp-name': asHeader(about) } : {}),
  };
}

/** As it is where a header can carry it, else in Base64 (SEP-2243). */
function asHeader(text: string): string {
  const isPlain = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text) && !/^=\?base64\?.*\?=$/.test(text);
  return isPlain ? text : `=?base64?${Buffer.from(text).toString('base64')}?=`;
}
