import { basename } from 'node:path';
import { DomainError } from '#kernel';
import { estimateTokens } from '../call-plan.js';
import { upstreamFailed } from '../embedding.errors.js';
import { areVectors } from '../vector.js';
import { type EmbeddingAnswer, type EmbeddingCall, EmbeddingProvider } from './embedding-provider.js';

/** The part of @huggingface/transformers that is used. */
export interface TransformersPackage {
  readonly env: { allowRemoteModels: boolean; allowLocalModels: boolean; localModelPath: string };
  pipeline(task: 'feature-extraction', model: string, options: { local_files_only: true }): Promise<FeatureExtractor>;
}

type FeatureExtractor = (
  texts: readonly string[],
  options: { pooling: 'mean'; normalize: true },
) => Promise<{ tolist(): unknown }>;

interface TransformersOptions {
  /** Folder of the model: `config.json`, the tokenizer's files and `onnx/`. */
  readonly modelDir: string;
  readonly dimensions: number;
}

/** Distinguished from a broken installation by the specifier in the message of node. */
const PACKAGE = '@huggingface/transformers';

/**
 * A sentence-transformers model in this process, from a local folder: nothing is downloaded. Needs the package
 * @huggingface/transformers, which is not installed with this product. Vectors are mean-pooled and of length 1.
 * One call runs at a time: a model uses all cores by itself.
 */
export class TransformersEmbeddingProvider extends EmbeddingProvider {
  readonly name = 'transformers';
  readonly isRemote = false;
  readonly limits = { textsPerCall: 32, tokensPerCall: 16_000 };
  readonly model: string;
  readonly dimensions: number;
  readonly supportedDimensions: string;
  private extractor: Promise<FeatureExtractor> | undefined;
  private last: Promise<unknown> = Promise.resolve();
  private whyNot: string | undefined;

  constructor(
    private readonly options: TransformersOptions,
    private readonly importPackage: () => Promise<TransformersPackage> = importTransformers,
  ) {
    super();
    this.model = basename(options.modelDir);
    this.dimensions = options.dimensions;
    this.supportedDimensions = String(options.dimensions);
  }

  acceptsDimensions(dimensions: number): boolean {
    return dimensions === this.dimensions;
  }

  /** Where loading has failed: why. Each question tries again in the background, so that a repair is noticed. */
  override problem(): string | undefined {
    if (this.whyNot !== undefined) this.prepare();
    return this.whyNot;
  }

  override prepare(): void {
    this.loaded().catch(() => undefined);
  }

  async embed({ texts, signal, beforeRequest }: EmbeddingCall): Promise<EmbeddingAnswer> {
    const extractor = await this.loaded();
    await beforeRequest?.();
    const run = this.last.then(async () => {
      signal?.throwIfAborted();
      return extractor(texts, { pooling: 'mean', normalize: true });
    });
    this.last = run.catch(() => undefined);
    const rows = (
      await run.catch((error: unknown) => {
        throw upstreamFailed('The local model failed.', error);
      })
    ).tolist();
    return {
      vectors: this.toVectors(rows, texts.length),
      tokens: texts.reduce((sum, text) => sum + estimateTokens(text), 0),
    };
  }

  private toVectors(rows: unknown, count: number): Float32Array[] {
    const vectors = Array.isArray(rows) ? rows.map((row) => Float32Array.from(row as ArrayLike<number>)) : [];
    if (!areVectors(vectors, count, this.dimensions))
      throw upstreamFailed(
        `The local model does not give vectors of ${this.dimensions} dimensions. Set EMBEDDING_DIMENSIONS to the model's own.`,
      );
    return vectors;
  }

  /** The model is loaded once; a failed attempt is not remembered, so that a repaired installation works. */
  private loaded(): Promise<FeatureExtractor> {
    this.extractor ??= this.load().then(
      (extractor) => {
        this.whyNot = undefined;
        return extractor;
      },
      (error: unknown) => {
        this.extractor = undefined;
        this.whyNot = error instanceof NotUsableError ? error.why : 'it could not be loaded';
        throw error;
      },
    );
    return this.extractor;
  }

  private async load(): Promise<FeatureExtractor> {
    const transformers = await this.importPackage();
    const { env } = transformers;
    env.allowRemoteModels = false;
    env.allowLocalModels = true;
    env.localModelPath = '';
    try {
      return await transformers.pipeline('feature-extraction', this.options.modelDir, { local_files_only: true });
    } catch (error) {
      throw new NotUsableError('the model in EMBEDDING_MODEL_DIR could not be loaded', error);
    }
  }
}

async function importTransformers(): Promise<TransformersPackage> {
  try {
    return (await import(PACKAGE)) as TransformersPackage;
  } catch (error) {
    throw new NotUsableError(
      `the package ${PACKAGE} is not installed (npm install ${PACKAGE}, where Keepsake is installed; or EMBEDDING_PROVIDER=local)`,
      error,
    );
  }
}

/** The provider is configured, and something that it needs is not there. */
class NotUsableError extends DomainError {
  /** @param why for people, as part of a sentence; what to do is in it */
  constructor(
    readonly why: string,
    cause: unknown,
  ) {
    super({
      code: 'embedding-provider-unavailable',
      kind: 'unavailable',
      detail: `The embedding provider transformers can't be used: ${why}.`,
      cause,
    });
  }
}
