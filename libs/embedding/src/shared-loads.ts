import type { VectorKey } from './vector-cache.js';

export type LoadVectors = (missing: readonly VectorKey[]) => Promise<readonly Float32Array[]>;

/**
 * Loads under way in this process. The cache sees to it that a key is loaded once while its shared tier answers; a
 * provider is paid by the call, so who is told to load by a cache that can't ask joins a load that runs here already.
 */
export class SharedLoads {
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

export function idOf({ workspace, provider, model, dimensions, inputType, textHash }: VectorKey): string {
  return [workspace, provider, model, dimensions, inputType, textHash].join('\n');
}
