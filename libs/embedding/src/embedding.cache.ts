import { Injectable } from '@nestjs/common';
import { CacheService, defineFamily, float32Codec } from '#cache';
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

const DAY_MS = 24 * 3_600_000;

/** Vectors by everything they hang on: four bytes a dimension and nothing else. They never become wrong, only old. */
export const embeddingFamily = defineFamily<VectorKey, Float32Array>({
  name: 'embedding',
  schemaVersion: 1,
  scope: 'workspace',
  mutable: false,
  key: ({ provider, model, dimensions, inputType, textHash }) => [provider, model, dimensions, inputType, textHash],
  ttlMs: 7 * DAY_MS,
  // Longer than a provider's call with all its retries: whoever waits must not pay for the same text.
  loadTimeoutMs: 60_000,
  codec: float32Codec(),
});

export interface RerankKey {
  readonly workspace: WorkspaceId;
  readonly provider: string;
  readonly model: string;
  /** SHA-256 of the normalised texts. */
  readonly queryHash: string;
  readonly documentHash: string;
}

/** How relevant a document is to a query, as a reranker judged it. */
export const rerankFamily = defineFamily<RerankKey, number>({
  name: 'rerank',
  schemaVersion: 1,
  scope: 'workspace',
  mutable: false,
  key: ({ provider, model, queryHash, documentHash }) => [provider, model, queryHash, documentHash],
  ttlMs: 15 * 60_000,
  loadTimeoutMs: 60_000,
});

/** The vector cache over the cache engine: one load of a key at a time over all processes that share it. */
@Injectable()
export class EngineVectorCache extends VectorCache {
  private readonly loads = new SharedLoads();

  constructor(private readonly cache: CacheService) {
    super();
  }

  async getMany(keys: readonly VectorKey[], load: LoadVectors): Promise<Float32Array[]> {
    const shared: LoadVectors = (missing) => this.loads.run(missing, load);
    const vectors = (await this.cache.getMany(embeddingFamily, keys, shared)) as Float32Array[];
    const wrong = new Map<string, VectorKey>();
    keys.forEach((key, index) => {
      if (vectors[index]?.length !== key.dimensions) wrong.set(idOf(key), key);
    });
    if (wrong.size === 0) return vectors;
    const right = await this.replace([...wrong.values()], shared);
    return keys.map((key, index) => right.get(idOf(key))?.slice() ?? (vectors[index] as Float32Array));
  }

  async keep(key: VectorKey, vector: Float32Array): Promise<void> {
    await this.cache.set(embeddingFamily, key, vector);
  }

  noteSaved(usd: number): void {
    this.cache.noteSaved(embeddingFamily, usd);
  }

  /** What is stored under these keys has another length than they say: it counts as not there, and is written over. */
  private async replace(keys: readonly VectorKey[], load: LoadVectors): Promise<Map<string, Float32Array>> {
    const vectors = await load(keys);
    const loaded = new Map(keys.map((key, index) => [idOf(key), vectors[index] as Float32Array]));
    await Promise.all(
      keys.map((key) =>
        this.cache.getOrSet(embeddingFamily, key, () => loaded.get(idOf(key)) as Float32Array, { mode: 'refresh' }),
      ),
    );
    return loaded;
  }
}

type LoadVectors = (missing: readonly VectorKey[]) => Promise<readonly Float32Array[]>;

/**
 * Loads under way in this process. The cache sees to it that a key is loaded once while its shared tier answers; a
 * provider is paid by the call, so who is asked to load by a cache that can't ask joins a load that runs here already.
 */
class SharedLoads {
  private readonly loads = new Map<string, Promise<Float32Array>>();

  /** The vectors of these keys, in their order; each caller's own. `load` is asked for those that nobody loads. */
  async run(keys: readonly VectorKey[], load: LoadVectors): Promise<Float32Array[]> {
    const ids = keys.map(idOf);
    const fresh = keys.filter((_, index) => !this.loads.has(ids[index] as string));
    if (fresh.length > 0) this.start(fresh, load);
    // Taken before anything is awaited: a load that ends is forgotten.
    const vectors = await Promise.all(ids.map((id) => this.loads.get(id) as Promise<Float32Array>));
    return vectors.map((vector) => vector.slice());
  }

  private start(keys: readonly VectorKey[], load: LoadVectors): void {
    const all = load(keys);
    keys.forEach((key, index) => {
      const id = idOf(key);
      const one = all.then((vectors) => vectors[index] as Float32Array);
      const forget = () => void this.loads.delete(id);
      one.then(forget, forget);
      this.loads.set(id, one);
    });
  }
}

function idOf({ workspace, provider, model, dimensions, inputType, textHash }: VectorKey): string {
  return [workspace, provider, model, dimensions, inputType, textHash].join('\n');
}
