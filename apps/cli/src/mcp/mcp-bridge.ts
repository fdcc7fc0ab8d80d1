import { errorMessage, isRequest, type JsonRpcMessage, PARSE_ERROR } from './mcp-link.js';

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
