import type { WorkspaceId } from '#kernel';
import type { InputType, ProviderName } from './embedding.js';

/** What a vector hangs on, all of it. */
export interface VectorKey {
  readonly workspace: WorkspaceId;
  readonly provider: ProviderName;
  readonly model: string;
  readonly dimensions: number;
  readonly inputType: InputType;
  /** SHA-256 of the normalised text. */
  readonly textHash: string;
}

/**
 * Vectors that were paid for once. A vector is determined by its key, so it never becomes wrong; one of another length
 * than its key says is not there.
 */
export abstract class VectorCache {
  /**
   * The vectors of these keys, in their order; the caller may keep and change them. `load` is asked for the keys that
   * neither the cache nor a load under way has, each once, and answers in the order asked. Equal keys that are asked
   * for at the same time are loaded once, across processes too where they share a cache. A rejection of `load` is the
   * error of everybody who waits for it, and is not remembered.
   */
  abstract getMany(
    keys: readonly VectorKey[],
    load: (missing: readonly VectorKey[]) => Promise<readonly Float32Array[]>,
  ): Promise<Float32Array[]>;

  /** Keeps a vector that `getMany` could not, since the rest of its load failed. */
  abstract keep(key: VectorKey, vector: Float32Array): Promise<void>;

  /** Counts what vectors that were there saved. */
  abstract noteSaved(usd: number): void;
}
