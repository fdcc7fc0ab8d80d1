import { LRUCache } from 'lru-cache';
import type { Binding } from '../protocol/entry.js';

/** A decoded value kept in this process, with what is needed to judge it. Never longer than the shared entry would live. */
export interface LocalEntry {
  readonly value: unknown;
  /** Undefined where the shared tier was unavailable: then only an immutable family may use it. */
  readonly binding: Binding | undefined;
  /** Nonce of the shared entry it came from; '' where there was none. */
  readonly nonce: string;
  readonly loadedAtMs: number;
  readonly softMs: number;
  readonly hardMs: number;
  readonly loadMs: number;
  readonly bytes: number;
}

export interface LocalTierLimits {
  readonly maxBytes: number;
  readonly maxEntries: number;
}

/** The tier inside the process, bounded by bytes and entries, least recently used out first. */
export class LocalTier {
  private readonly entries: LRUCache<string, LocalEntry>;
  evictions = 0;
  /** How often something was removed by force. What was read before such a removal is not kept after it. */
  removals = 0;

  constructor(readonly limits: LocalTierLimits) {
    this.entries = new LRUCache({
      max: limits.maxEntries,
      maxSize: limits.maxBytes,
      sizeCalculation: (entry, key) => entry.bytes + key.length + 200,
      dispose: (_entry, _key, reason) => {
        if (reason === 'evict') this.evictions++;
      },
    });
  }

  get(key: string): LocalEntry | undefined {
    return this.entries.get(key);
  }

  /** @param removals how many there had been when the read began that brought the value */
  set(key: string, entry: LocalEntry, removals: number): void {
    if (removals === this.removals) this.entries.set(key, entry);
  }

  /** All that is kept now. */
  held(): Iterable<readonly [string, LocalEntry]> {
    return this.entries.entries();
  }

  delete(key: string): void {
    this.entries.delete(key);
  }

  /** Removes what starts with the prefix. */
  deletePrefix(prefix: string): void {
    this.deleteWhere((key) => key.startsWith(prefix));
  }

  deleteWhere(isRemoved: (key: string) => boolean): void {
    const keys = [...this.entries.keys()].filter(isRemoved);
    for (const key of keys) this.entries.delete(key);
    this.removals++;
  }

  clear(): void {
    this.entries.clear();
    this.removals++;
  }

  get usedBytes(): number {
    return this.entries.calculatedSize;
  }

  get size(): number {
    return this.entries.size;
  }
}
