import { LRUCache } from 'lru-cache';

const MAX_ENTRIES = 10_000;
const MAX_BYTES = 16 * 1024 * 1024;

/** A store for Keyv without Redis: strings in this process, bounded. */
export class InProcessKeyv {
  private readonly entries = new LRUCache<string, string>({
    max: MAX_ENTRIES,
    maxSize: MAX_BYTES,
    sizeCalculation: (value, key) => value.length * 2 + key.length * 2 + 64,
  });
  opts = {};
  namespace: string | undefined;

  async get(key: string): Promise<string | undefined> {
    return this.entries.get(key);
  }

  async set(key: string, value: string, ttl?: number): Promise<boolean> {
    this.entries.set(key, value, ttl === undefined ? undefined : { ttl });
    return true;
  }

  async delete(key: string): Promise<boolean> {
    return this.entries.delete(key);
  }

  async clear(): Promise<void> {
    this.entries.clear();
  }

  on(): this {
    return this;
  }
}
