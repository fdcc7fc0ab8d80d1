import { VectorCache, type VectorKey } from '../embedding.cache.js';

/** Keeps vectors in memory, for tests of what lies above the cache. */
export class MemoryVectorCache extends VectorCache {
  private readonly vectors = new Map<string, Float32Array>();
  private readonly loading = new Map<string, Promise<Float32Array>>();
  savedUsd = 0;

  async getMany(
    keys: readonly VectorKey[],
    load: (missing: readonly VectorKey[]) => Promise<readonly Float32Array[]>,
  ): Promise<Float32Array[]> {
    const missing = new Map<string, VectorKey>();
    for (const key of keys) {
      const id = JSON.stringify(key);
      if (this.vectors.get(id)?.length !== key.dimensions && !this.loading.has(id)) missing.set(id, key);
    }
    if (missing.size > 0) this.start(missing, load);
    const vectors = await Promise.all(
      keys.map(async (key) => {
        const id = JSON.stringify(key);
        return this.loading.get(id) ?? (this.vectors.get(id) as Float32Array);
      }),
    );
    return vectors.map((vector) => vector.slice());
  }

  keep(key: VectorKey, vector: Float32Array): Promise<void> {
    this.vectors.set(JSON.stringify(key), vector.slice());
    return Promise.resolve();
  }

  noteSaved(usd: number): void {
    this.savedUsd += usd;
  }

  private start(
    missing: ReadonlyMap<string, VectorKey>,
    load: (missing: readonly VectorKey[]) => Promise<readonly Float32Array[]>,
  ): void {
    const all = load([...missing.values()]);
    [...missing.keys()].forEach((id, index) => {
      const one = all
        .then((vectors) => {
          const vector = vectors[index] as Float32Array;
          this.vectors.set(id, vector.slice());
          return vector;
        })
        .finally(() => this.loading.delete(id));
      one.catch(() => undefined);
      this.loading.set(id, one);
    });
  }
}
