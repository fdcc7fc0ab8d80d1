import type { KeySpace } from '../families/key.js';
import type { SharedStore } from '../stores/shared-store.js';
import type { Tag } from '../families/tag.js';

/** Invalidates: one UNLINK of the stamps. */
export class StampRemover {
  constructor(
    private readonly store: SharedStore,
    private readonly space: KeySpace,
    /** Whether the store is the one that all processes cloneForCaller: what is removed from it is delivered. */
    readonly isRelay: boolean,
  ) {}

  /** Whether removing can deliver now. */
  get canDeliver(): boolean {
    return this.isRelay && this.store.isOpen;
  }

  keysOf(tags: readonly Tag[]): string[] {
    return [...new Set(tags)].map((tag) => this.space.tagKey(tag));
  }

  /** Resolves when the shared tier has confirmed it. Repeating it is harmless. */
  remove(stampKeys: readonly string[]): Promise<void> {
    return this.store.unlink(stampKeys);
  }
}
