import { embeddingsOff } from '../embedding.errors.js';
import type { EmbeddingModel, InputType, ProviderName } from '../embedding.js';

/**
 * What it says that two vectors are near: `lexical`, their texts share words or parts of words; `semantic`, they mean much the
 * same; `weak`, they may mean the same, and words say more.
 */
export type EmbedderKind = 'lexical' | 'weak' | 'semantic';

/** What one call may carry. */
export interface ProviderLimits {
  readonly textsPerCall: number;
  /** Counted by `estimateTokens`. A single text above it goes out alone. */
  readonly tokensPerCall: number;
}

export interface EmbeddingCall {
  /** Normalised, none empty, no more than the limits allow. */
  readonly texts: readonly string[];
  readonly inputType: InputType;
  readonly dimensions: number;
  /** Gives the call up. */
  readonly signal?: AbortSignal;
  /** Awaited right before every request that really goes out; a rejection stops it and is the error of the call. */
  readonly beforeRequest?: () => Promise<void>;
}

export interface EmbeddingAnswer {
  /** One for each text, in their order, each of the asked length and of finite numbers. */
  readonly vectors: readonly Float32Array[];
  /** As the provider counts them. */
  readonly tokens: number;
}

/**
 * A model that turns texts into vectors. One `embed` is one call of the provider; who has more texts makes more calls.
 *
 * A call settles: with exactly the vectors asked for, or with a DomainError of kind `upstream` (a wrong, malformed or
 * cut answer, a refused credential), `unavailable` (not there, or left alone for now), `timeout` (too slow),
 * `unprocessable` (it refuses these texts). Never with fewer vectors or wrong ones. Safe for concurrent calls.
 */
export abstract class EmbeddingProvider {
  abstract readonly name: ProviderName;
  abstract readonly model: string;
  /** Length of its vectors where the caller names none. */
  abstract readonly dimensions: number;
  abstract readonly limits: ProviderLimits;
  /** Whether calls leave this machine: then budgets hold and the breaker watches. */
  abstract readonly isRemote: boolean;
  readonly kind: EmbedderKind = 'semantic';
  /** Characters of a passage that a context is embedded as: short enough for the model, and that one topic shows. */
  readonly passageLength: number = 4_000;
  /** What lengths there are, for people. */
  abstract readonly supportedDimensions: string;

  abstract acceptsDimensions(dimensions: number): boolean;
  abstract embed(call: EmbeddingCall): Promise<EmbeddingAnswer>;

  /** Whether there is no embedding at all on this server. */
  get isOff(): boolean {
    return false;
  }

  /** Whether calls have a chance now; undefined: yes. Asks nobody outside, and waits for nothing. */
  problem(): string | undefined {
    return undefined;
  }

  /** Begins what the first call would wait for, in the background; what fails is reported by `problem`. */
  prepare(): void {
    // Most have nothing to prepare.
  }

  describe(dimensions = this.dimensions): EmbeddingModel {
    return { provider: this.name, model: this.model, dimensions };
  }
}

/** Stands where there is none: everything that needs a vector is refused as `unavailable`. */
export class OffEmbeddingProvider extends EmbeddingProvider {
  readonly name: ProviderName = 'local';
  readonly model = 'off';
  readonly dimensions = 1;
  readonly limits = { textsPerCall: 1, tokensPerCall: 1 };
  readonly isRemote = false;
  readonly supportedDimensions = 'none';

  override get isOff(): boolean {
    return true;
  }

  acceptsDimensions(): boolean {
    return false;
  }

  embed(): Promise<EmbeddingAnswer> {
    return Promise.reject(embeddingsOff());
  }
}
