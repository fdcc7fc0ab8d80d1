import { estimateTokens } from '../call-plan.js';
import { unsupportedDimensions } from '../embedding.errors.js';
import { answerCapBytes, decodeEmbeddings, OtherLengthError } from '../provider-http/embeddings-answer.js';
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
  /** Once its server has answered with whole vectors where shorter ones were asked for. */
  private onlyWhole = false;

  constructor(
    private readonly options: OpenaiOptions,
    private readonly client: ProviderClient,
  ) {
    super();
    this.model = options.model;
    this.dimensions = options.dimensions ?? options.nativeDimensions;
    this.limits = options.limits;
  }

  get supportedDimensions(): string {
    const { nativeDimensions } = this.options;
    return this.isShortenable ? `1 to ${nativeDimensions}` : String(nativeDimensions);
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
      maxResponseBytes: answerCapBytes(texts.length, Math.max(dimensions, nativeDimensions)),
      decode: (body) => this.decoded(body, { count: texts.length, dimensions, estimatedTokens }),
      signal,
      beforeRequest,
    });
  }

  /** A server that does not cut its model's vectors is not at fault where a caller wants them shorter. */
  private decoded(
    body: unknown,
    expected: { readonly count: number; readonly dimensions: number; readonly estimatedTokens: number },
  ): EmbeddingAnswer {
    try {
      return decodeEmbeddings(body, expected);
    } catch (error) {
      const { dimensions } = expected;
      if (!(error instanceof OtherLengthError) || dimensions === this.dimensions) throw error;
      this.onlyWhole ||= error.length === this.options.nativeDimensions;
      throw unsupportedDimensions(dimensions, this.model, this.supportedDimensions);
    }
  }

  override problem(): string | undefined {
    return this.client.breaker.isOpen ? 'it failed several times and is left alone for now' : undefined;
  }

  /** Only models trained for it can be cut; of OpenAI's own, ada can't. Another server's model is trusted to say so itself. */
  private get isShortenable(): boolean {
    return this.options.model !== 'text-embedding-ada-002' && !this.onlyWhole;
  }
}
