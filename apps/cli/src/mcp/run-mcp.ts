import { createInterface } from 'node:readline';
import { loadConfig } from '#config';
import { ExitCode } from '../cli-error.js';
import { findServer } from '../server/find-server.js';
import { McpLink, type McpSettings, errorMessage, isRequest, type JsonRpcMessage, PARSE_ERROR } from './mcp-link.js';

/**
 * Hands a message to the server and resolves with its answer; undefined where there is none. Both are the JSON that was
 * written: what is read from it and written again is another number beyond 2^53.
 */
type Send = (message: JsonRpcMessage, signal: AbortSignal, json: string) => Promise<string | undefined>;

/**
 * Between a client on standard input and output, a message a line, and a server. Requests go on side by side; each gets
 * an answer, whatever happens to it, unless the client cancels it.
 */
export class McpBridge {
  private readonly underWay = new Set<Promise<void>>();
  private readonly byId = new Map<JsonRpcMessage['id'], AbortController>();

  constructor(
    private readonly send: Send,
    private readonly answer: (json: string) => void,
    private readonly report: (text: string) => void,
  ) {}

  accept(line: string): void {
    if (line.trim() === '') return;
    const message = parse(line);
    if (message === undefined) {
      this.refuse(null, 'The line is not a JSON object.', PARSE_ERROR);
      return;
    }
    // The server keeps no request that could be cancelled there: hanging up cancels it.
    if (message.method === 'notifications/cancelled') {
      this.byId.get(message.params?.['requestId'] as JsonRpcMessage['id'])?.abort();
      return;
    }
    const work = this.handOn(message, line).finally(() => this.underWay.delete(work));
    this.underWay.add(work);
  }

  /** Resolves once everything taken is answered. */
  async settled(): Promise<void> {
    await Promise.all(this.underWay);
  }

  private async handOn(message: JsonRpcMessage, json: string): Promise<void> {
    const cancelled = new AbortController();
    if (isRequest(message)) this.byId.set(message.id, cancelled);
    try {
      const answered = await this.send(message, cancelled.signal, json);
      if (answered !== undefined) this.answer(answered);
    } catch (error) {
      if (cancelled.signal.aborted) return;
      const { message: text } = error as Error;
      if (isRequest(message)) this.refuse(message.id, text);
      else this.report(text);
    } finally {
      if (this.byId.get(message.id) === cancelled) this.byId.delete(message.id);
    }
  }

  private refuse(id: JsonRpcMessage['id'], text: string, code?: number): void {
    this.answer(JSON.stringify(errorMessage(id, text, code)));
  }
}

function parse(line: string): JsonRpcMessage | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Until standard input ends. Standard output carries messages of the protocol and nothing else.
 * @throws CliError where no server answers, DomainError where it refuses the key or the settings
 */
export async function runMcp({ workspace, ...settings }: McpSettings & { readonly workspace: string }) {
  const config = loadConfig(process.env);
  const link = new McpLink(
    () => findServer(config, workspace, 'a key with the scopes memory:read and memory:write'),
    settings,
  );
  // A client shows what is reported now; later it could only be reported as the error of some call.
  await link.check();
  const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => lines.close());
  // The client has gone.
  process.stdout.on('error', () => process.exit(ExitCode.ok));
  const bridge = new McpBridge(
    (message, signal, json) => link.send(message, signal, json),
    (json) => void process.stdout.write(`${json}\n`),
    (text) => console.error(text),
  );
  for await (const line of lines) bridge.accept(line);
  await bridge.settled();
  return ExitCode.ok;
}
