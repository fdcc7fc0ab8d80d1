import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { hashFeatures } from '../provider/local-embedding.provider.js';
import { cosine, toBase64 } from '../vector.js';

/** What the next request gets instead of vectors. */
export type Misbehaviour =
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** Accepts the request and never answers. */
  | { readonly kind: 'silence' }
  /** Sends the headers and the start of the body, and no more. */
  | { readonly kind: 'stall' }
  /** Sends half of the body and breaks the connection. */
  | { readonly kind: 'cut' }
  | { readonly kind: 'body'; readonly body: string }
  /** Changes an honest answer. */
  | { readonly kind: 'alter'; readonly alter: (answer: HonestAnswer) => unknown };

/** What Voyage answers to a rerank request: the most relevant first. */
interface HonestRerank {
  readonly object: 'list';
  readonly data: readonly { readonly index: number; readonly relevance_score: number }[];
  readonly model: string;
  readonly usage: { readonly total_tokens: number };
}

interface HonestAnswer {
  object: string;
  data: { object: string; index: number; embedding: string | number[] }[];
  model: string;
  usage: { total_tokens: number; prompt_tokens?: number };
}

interface ReceivedCall {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: {
    readonly input?: readonly string[];
    readonly model: string;
    readonly encoding_format?: string;
    readonly dimensions?: number;
    readonly input_type?: string | null;
    readonly output_dimension?: number;
    readonly truncation?: boolean;
    /** Of a rerank request, which has no `input`. */
    readonly query?: string;
    readonly documents?: readonly string[];
  };
}

/**
 * A provider on 127.0.0.1 that speaks the documented formats of OpenAI (`/openai/v1/embeddings`) and Voyage
 * (`/voyage/v1/embeddings`, `/voyage/v1/rerank`), counts what it is asked, and misbehaves on request. A vector hangs on text, model, input
 * type and length, so a wrong one is seen.
 */
export class FakeProviderServer {
  readonly calls: ReceivedCall[] = [];
  private readonly headers: IncomingHttpHeaders[] = [];
  private readonly script: Misbehaviour[] = [];
  private held: (() => void)[] = [];
  private isHolding = false;
  private delayMs = 0;

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<FakeProviderServer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const provider = new FakeProviderServer(server, `http://127.0.0.1:${port}`);
    server.on(
      'request',
      (request: IncomingMessage, response: ServerResponse) => void provider.answer(request, response),
    );
    return provider;
  }

  /** Base URL as `VOYAGE_BASE_URL` or `OPENAI_BASE_URL` takes it. */
  baseUrl(dialect: 'openai' | 'voyage'): string {
    return `${this.url}/${dialect}/v1`;
  }

  /** The next requests get these, one each; those after them are served honestly. */
  misbehave(...script: readonly Misbehaviour[]): void {
    this.script.push(...script);
  }

  /** Forgets what it was asked, and how it was to answer. */
  reset(): void {
    this.calls.length = 0;
    this.headers.length = 0;
    this.script.length = 0;
    this.delayMs = 0;
    this.release();
  }

  /** Answers nothing until `release`. */
  hold(): void {
    this.isHolding = true;
  }

  /** Every answer comes this much later, until `reset`. */
  slow(delayMs: number): void {
    this.delayMs = delayMs;
  }

  release(): void {
    this.isHolding = false;
    for (const go of this.held) go();
    this.held = [];
  }

  /** Of one of the calls, in their order. */
  headersOf(call: number): IncomingHttpHeaders {
    const headers = this.headers[call];
    if (headers === undefined) throw new Error(`there was no call ${call}`);
    return headers;
  }

  /** Calls of one of its paths: `embeddings` or `rerank`. */
  callsOf(path: 'embeddings' | 'rerank'): ReceivedCall[] {
    return this.calls.filter((call) => call.path.endsWith(`/${path}`));
  }

  /** All texts that were ever sent to be embedded, in order. */
  get texts(): string[] {
    return this.calls.flatMap(({ body: { input = [] } }) => [...input]);
  }

  /** The honest vector of a text. */
  static vectorOf(text: string, dimensions: number, inputType: string | null = null, model = ''): Float32Array {
    return hashFeatures(`${model} ${inputType ?? ''} ${text}`, dimensions);
  }

  async close(): Promise<void> {
    this.release();
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as ReceivedCall['body'];
    const path = request.url ?? '';
    this.calls.push({ path, authorization: request.headers.authorization, body });
    this.headers.push(request.headers);
    const misbehaviour = this.script.shift();
    if (this.isHolding) await new Promise<void>((go) => this.held.push(go));
    if (this.delayMs > 0) await setTimeout(this.delayMs);
    if (misbehaviour === undefined) send(response, 200, path.endsWith('/rerank') ? rerank(body) : honest(path, body));
    else misbehaveWith(misbehaviour, response, () => honest(path, body), path);
  }
}

function misbehaveWith(
  misbehaviour: Misbehaviour,
  response: ServerResponse,
  honestly: () => HonestAnswer,
  path: string,
): void {
  switch (misbehaviour.kind) {
    case 'status':
      send(response, misbehaviour.status, errorBody(path, misbehaviour.status), misbehaviour.headers);
      break;
    case 'silence':
      break;
    case 'stall':
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"object":"list","data":[');
      break;
    case 'cut': {
      const text = JSON.stringify(honestly());
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
      response.write(text.slice(0, text.length / 2), () => response.destroy());
      break;
    }
    case 'body':
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(misbehaviour.body);
      break;
    case 'alter':
      send(response, 200, misbehaviour.alter(honestly()));
      break;
  }
}

function rerank({ model, query = '', documents = [] }: ReceivedCall['body']): HonestRerank {
  const wanted = hashFeatures(query, 256);
  const data = documents.map((document, index) => ({
    index,
    relevance_score: (cosine(wanted, hashFeatures(document, 256)) + 1) / 2,
  }));
  data.sort((left, right) => right.relevance_score - left.relevance_score);
  return { object: 'list', data, model, usage: { total_tokens: 10 * documents.length } };
}

function honest(path: string, body: ReceivedCall['body']): HonestAnswer {
  const isVoyage = path.startsWith('/voyage/');
  const dimensions = (isVoyage ? body.output_dimension : body.dimensions) ?? (isVoyage ? 1_024 : 1_536);
  const { input = [] } = body;
  const total = input.reduce((sum, text) => sum + Math.ceil(text.length / 4), 0);
  return {
    object: 'list',
    data: input.map((text, index) => {
      const vector = FakeProviderServer.vectorOf(text, dimensions, body.input_type ?? null, body.model);
      return {
        object: 'embedding',
        index,
        embedding: body.encoding_format === 'base64' ? toBase64(vector) : [...vector],
      };
    }),
    model: body.model,
    usage: isVoyage ? { total_tokens: total } : { prompt_tokens: total, total_tokens: total },
  };
}

/** Voyage has `detail`, OpenAI an `error`. */
function errorBody(path: string, status: number): object {
  const message = `the stand-in was asked to answer ${status}`;
  return path.startsWith('/voyage/')
    ? { detail: message }
    : { error: { message, type: 'server_error', param: null, code: null } };
}

function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
