import { estimateTokens } from '../call-plan.js';
import { answerCapBytes, decodeEmbeddings } from '../provider-http/embeddings-answer.js';
import type { ProviderClient } from '../provider-http/provider-client.js';
import {
  type EmbeddingAnswer,
  type EmbeddingCall,
  EmbeddingProvider,
  type ProviderLimits,
} from './embedding-provider.js';

/** What Voyage documents of a model (docs.voyageai.com, "Text embeddings" and "Text embedding models" of the API reference). */
interface VoyageModel {
  readonly dimensions: number;
  readonly otherDimensions: readonly number[];
  readonly tokensPerCall: number;
}

/** Texts of one call, for every model. */
export const VOYAGE_TEXTS_PER_CALL = 1_000;

const FLEXIBLE = [256, 512, 2_048];

export const VOYAGE_MODELS: Readonly<Record<string, VoyageModel>> = {
  'voyage-4-large': { dimensions: 1_024, otherDimensions: FLEXIBLE, tokensPerCall: 120_000 },
  'voyage-4': { dimensions: 1_024, otherDimensions: FLEXIBLE, tokensPerCall: 320_000 },
  'voyage-4-lite': { dimensions: 1_024, otherDimensions: FLEXIBLE, tokensPerCall: 1_000_000 },
  'voyage-3-large': { dimensions: 1_024, otherDimensions: FLEXIBLE, tokensPerCall: 120_000 },
  'voyage-3.5': { dimensions: 1_024, otherDimensions: FLEXIBLE, tokensPerCall: 320_000 },
  'voyage-3.5-lite': { dimensions: 1_024, otherDimensions: FLEXIBLE, tokensPerCall: 1_000_000 },
  'voyage-code-3': { dimensions: 1_024, otherDimensions: FLEXIBLE, tokensPerCall: 120_000 },
  'voyage-finance-2': { dimensions: 1_024, otherDimensions: [], tokensPerCall: 120_000 },
  'voyage-law-2': { dimensions: 1_024, otherDimensions: [], tokensPerCall: 120_000 },
};

/** A model that is not in the table: the strictest limit there is, and the family's usual lengths. */
export const UNKNOWN_VOYAGE_MODEL: VoyageModel = {
  dimensions: 1_024,
  otherDimensions: FLEXIBLE,
  tokensPerCall: 120_000,
};

interface VoyageOptions {
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
