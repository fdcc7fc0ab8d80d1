import { estimateTokens } from '../call-plan.js';
import { answerCapBytes, decodeEmbeddings } from '../provider-http/embeddings-answer.js';
import type { ProviderClient } from '../provider-http/provider-client.js';
import {
  type EmbeddingAnswer,
  type EmbeddingCall,
  EmbeddingProvider,
  type ProviderLimits,
} from './embedding-provider.js';

interface OpenaiOptions {
  /** Up to and with `/v1`: of OpenAI, or of a server that speaks the same (Ollama, TEI, vLLM). */
  readonly baseUrl: string;
  /** Absent for servers that ask for none. */
  readonly apiKey: string | undefined;
  readonly model: string;
  /** Length of the model's vectors where a call asks for no other. */
  readonly nativeDimensions: number;
  /** Asked for in every call; the native length where absent. */
  readonly dimensions: number | undefined;
  /** How vectors are asked for: base64 is a quarter of the size, but not every compatible server has it. Either is understood. */
  readonly wireFormat: 'float' | 'base64';
  readonly limits: ProviderLimits;
}

/** What OpenAI documents for one request: 2,048 inputs, 300,000 tokens. */
export const OPENAI_LIMITS: ProviderLimits = { textsPerCall: 2_048, tokensPerCall: 300_000 };

/** Length of the vectors of OpenAI's own models. */
export const OPENAI_DIMENSIONS: Readonly<Record<string, number>> = {
  'text-embedding-3-small': 1_536,
  'text-embedding-3-large': 3_072,
  'text-embedding-ada-002': 1_536,
};

/** `POST /embeddings` as OpenAI documents it (API reference, "Create embeddings"). Input types mean nothing to it. */
export class OpenaiEmbeddingProvider extends EmbeddingProvider {
  readonly name = 'openai';
  readonly isRemote = true;
  readonly model: string;
  readonly dimensions: number;
  readonly limits: ProviderLimits;
  readonly supportedDimensions: string;

  constructor(
    private readonly options: OpenaiOptions,
    private readonly client: ProviderClient,
  ) {
    super();
    this.model = options.model;
    this.dimensions = options.dimensions ?? options.nativeDimensions;
    this.limits = options.limits;
    this.supportedDimensions = this.isShortenable
      ? `1 to ${options.nativeDimensions}`
      : String(options.nativeDimensions);
  }

  acceptsDimensions(dimensions: number): boolean {
    const { nativeDimensions } = this.options;
    return dimensions === nativeDimensions || (this.isShortenable && dimensions >= 1 && dimensions < nativeDimensions);
  }

  async embed({ texts, dimensions, signal, beforeRequest }: EmbeddingCall): Promise<EmbeddingAnswer> {
    const { baseUrl, apiKey, model, nativeDimensions, wireFormat } = this.options;
    const estimatedTokens = texts.reduce((sum, text) => sum + estimateTokens(text), 0);
    return this.client.post({
      url: `${baseUrl}/embeddings`,
      headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
      body: {
        input: texts,
        model,
        encoding_format: wireFormat,
        ...(dimensions === nativeDimensions ? {} : { dimensions }),
      },
      maxResponseBytes: answerCapBytes(texts.length, dimensions),
      decode: (body) => decodeEmbeddings(body, { count: texts.length, dimensions, estimatedTokens }),
      signal,
      beforeRequest,
    });
  }

  override problem(): string | undefined {
    return this.client.breaker.isOpen ? 'it failed several times and is left alone for now' : undefined;
  }

  /** Only models trained for it can be cut; of OpenAI's own, ada can't. Another server's model is trusted to say so itself. */
  private get isShortenable(): boolean {
    return this.options.model !== 'text-embedding-ada-002';
  }
}
