import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hashFeatures } from '../provider/local-embedding.provider.js';

interface FakeModel {
  readonly name: string;
  readonly family?: string;
  /** Absent: it does not say, as before 0.6.4. */
  readonly capabilities?: readonly string[];
  /** Of its vectors; in what it says of itself unless `isSilent`. */
  readonly dimensions?: number;
  readonly isSilent?: boolean;
}

interface FakeOllamaOptions {
  /** Without `/api/tags`: a server that speaks OpenAI's API and no other. */
  readonly isCompatibleOnly?: boolean;
  /** Words of one list mean the same: their texts lie near each other. */
  readonly meanings?: readonly (readonly string[])[];
}

export const NOMIC: FakeModel = {
  name: 'nomic-embed-text:latest',
  family: 'nomic-bert',
  capabilities: ['embedding'],
  dimensions: 64,
};
export const LLAMA: FakeModel = { name: 'llama3.2:latest', family: 'llama', capabilities: ['completion', 'tools'] };

/**
 * A server on 127.0.0.1 that answers in the documented formats of Ollama (`GET /api/tags`, `POST /api/show`) and of OpenAI
 * (`GET /v1/models`, `POST /v1/embeddings`).
 */
export class FakeOllama {
  /** Method and path of everything that was asked. */
  readonly asked: string[] = [];
  /** All texts that were sent to be embedded. */
  readonly texts: string[] = [];
  /** Accepts requests and answers none. */
  isSilent = false;

  private constructor(
    private readonly server: Server,
    private readonly models: readonly FakeModel[],
    private readonly options: FakeOllamaOptions,
  ) {}

  static async start(models: readonly FakeModel[], options: FakeOllamaOptions = {}): Promise<FakeOllama> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const fake = new FakeOllama(server, models, options);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void fake.answer(request, response));
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    if (!this.server.listening) return;
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const call = `${request.method} ${request.url}`;
    this.asked.push(call);
    if (this.isSilent) return;
    const body = JSON.parse(Buffer.concat(chunks).toString() || '{}') as { model?: string; input?: string[] };
    const answer = this.answerTo(call, body);
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? { error: 'not found' }));
  }

  private answerTo(call: string, { model = '', input = [] }: { model?: string; input?: string[] }): unknown {
    const found = this.models.find(({ name }) => name === model || name === `${model}:latest`);
    switch (call) {
      case 'GET /api/tags':
        if (this.options.isCompatibleOnly === true) return undefined;
        return { models: this.models.map(({ name, family }) => ({ name, model: name, details: { family } })) };
      case 'POST /api/show':
        return this.options.isCompatibleOnly === true ? undefined : found && shown(found);
      case 'GET /v1/models':
        return {
          object: 'list',
          data: this.models.map(({ name: id }) => ({ id, object: 'model', owned_by: 'library' })),
        };
      case 'POST /v1/embeddings':
        return this.embeddings(found, input);
      default:
        return undefined;
    }
  }

  private embeddings(model: FakeModel | undefined, input: readonly string[]): unknown {
    if (model?.dimensions === undefined) return undefined;
    const { dimensions } = model;
    this.texts.push(...input);
    return {
      object: 'list',
      data: input.map((text, index) => ({
        object: 'embedding',
        index,
        embedding: [...this.vectorOf(text, dimensions)],
      })),
      model: model.name,
      usage: { prompt_tokens: input.length, total_tokens: input.length },
    };
  }

  /** A text that means nothing known lies where its letters put it. */
  private vectorOf(text: string, dimensions: number): Float32Array {
    const words = new Set(text.toLowerCase().match(/\p{L}+/gu));
    const meant = (this.options.meanings ?? []).flatMap((meaning, index) =>
      meaning.some((word) => words.has(word)) ? [index] : [],
    );
    if (meant.length === 0) return hashFeatures(text, dimensions);
    const vector = new Float32Array(dimensions);
    for (const index of meant) vector[index] = 1 / Math.sqrt(meant.length);
    return vector;
  }
}

function shown({ family = 'bert', capabilities, dimensions, isSilent }: FakeModel): object {
  const info = isSilent === true ? {} : { [`${family}.embedding_length`]: dimensions ?? 4_096 };
  return { details: { family }, capabilities, model_info: { 'general.architecture': family, ...info } };
}
