import { answerCapBytes, decodeEmbeddings } from '../../provider-http/embeddings-answer.js';
import type { ProviderClient } from '../../provider-http/provider-client.js';
import { estimateTokens } from '../../token-estimate.js';
import {
  type EmbeddingAnswer,
  type EmbeddingCall,
  EmbeddingProvider,
  type ProviderLimits,
} from '../embedding-provider.js';
import { UNKNOWN_VOYAGE_MODEL, VOYAGE_MODELS, type VoyageModel } from './voyage-models.js';

export interface VoyageOptions {
  /** Up to and with `/v1`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly model: string;
  /** The model's own length where absent. */
  readonly dimensions: number | undefined;
  readonly limits: ProviderLimits;
}

/**
 * `POST /v1/embeddings` as Voyage documents it. A text longer than the model's context is cut by the provider
 * (`truncation`), never refused. Vectors come as base64 of float32.
 */
export class VoyageEmbeddingProvider extends EmbeddingProvider {
  readonly name = 'voyage';
  readonly isRemote = true;
  readonly model: string;
  readonly dimensions: number;
  readonly limits: ProviderLimits;
  readonly supportedDimensions: string;
  private readonly documented: VoyageModel;

  constructor(
    private readonly options: VoyageOptions,
    private readonly client: ProviderClient,
  ) {
    super();
    this.documented = VOYAGE_MODELS[options.model] ?? UNKNOWN_VOYAGE_MODEL;
    this.model = options.model;
    this.dimensions = options.dimensions ?? this.documented.dimensions;
    this.limits = options.limits;
    this.supportedDimensions = [this.documented.dimensions, ...this.documented.otherDimensions].join(', ');
  }

  acceptsDimensions(dimensions: number): boolean {
    return dimensions === this.documented.dimensions || this.documented.otherDimensions.includes(dimensions);
  }

  async embed({ texts, inputType, dimensions, signal, beforeRequest }: EmbeddingCall): Promise<EmbeddingAnswer> {
    const { baseUrl, apiKey, model } = this.options;
    const estimatedTokens = texts.reduce((sum, text) => sum + estimateTokens(text), 0);
    return this.client.post({
      url: `${baseUrl}/embeddings`,
      headers: { authorization: `Bearer ${apiKey}` },
      body: {
        input: texts,
        model,
        input_type: inputType === 'none' ? null : inputType,
        truncation: true,
        encoding_format: 'base64',
        // Older models know one length and refuse the field.
        ...(dimensions === this.documented.dimensions ? {} : { output_dimension: dimensions }),
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
}
