import type { ContextId } from '#kernel';
import type { SemanticHit } from '../semantic/semantic-index.js';

/** Keeps the nearest passage of each context, and of those the nearest `limit`. */
export class NearestRows {
  private readonly nearest = new Map<ContextId, number>();

  constructor(private readonly limit: number) {}

  add(contextId: ContextId, score: number): void {
    const known = this.nearest.get(contextId);
    if (known === undefined || score > known) this.nearest.set(contextId, score);
    if (this.nearest.size > 4 * this.limit + 1_000) this.shrink();
  }

  hits(): SemanticHit[] {
    return [...this.nearest]
      .map(([contextId, score]) => ({ contextId, score }))
      .sort((left, right) => right.score - left.score || (left.contextId < right.contextId ? -1 : 1))
      .slice(0, this.limit);
  }

  private shrink(): void {
    const kept = this.hits();
    this.nearest.clear();
    for (const { contextId, score } of kept) this.nearest.set(contextId, score);
  }
}
