import type { SharedStore } from '../stores/shared-store.js';
import { LRUCache } from 'lru-cache';

/** Nest's cache without Redis: strings in this process, bounded. */
export class SharedStoreKeyv {
  private readonly entries = new LRUCache<string, string>({
    max: 10_000,
    maxSize: 16 * 1024 * 1024,
    sizeCalculation: (value, key) => value.length * 2 + key.length * 2 + 64,
  });
  opts = {};
  namespace: string | undefined;

  constructor(readonly store: SharedStore) {}

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
