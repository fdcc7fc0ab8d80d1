import type { KeySpace } from '../cache-key.js';
import type { AloneMarks } from '../coherence/alone-marks.js';
import type { Coherence } from '../coherence/coherence.js';
import type { SharedStore } from '../stores/shared-store.js';
import type { Tag } from '../tag.js';

/** Invalidates: one UNLINK of the stamps, and the news for those who answer alone, in one round trip. */
export class StampRemover {
  constructor(
    private readonly store: SharedStore,
    private readonly coherence: Coherence,
    private readonly marks: AloneMarks,
    private readonly space: KeySpace,
    /** Whether the store is the one that all processes share: what is removed from it is delivered. */
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
  async remove(stampKeys: readonly string[]): Promise<void> {
    this.forget(stampKeys);
    // In this order on one connection: who hears the news finds the stamps gone.
    await Promise.all([this.store.unlink(stampKeys), this.coherence.announce(stampKeys)]);
    // A read of this process that was answered just before is not told by the server: it was this process's own change.
    this.forget(stampKeys);
  }

  private forget(stampKeys: readonly string[]): void {
    for (const key of stampKeys) this.marks.changed(key);
  }
}
