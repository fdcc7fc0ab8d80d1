import type { ContextId } from '#kernel';
import type { Factors } from '../relevance.js';

export interface RankedContext {
  readonly contextId: ContextId;
  readonly label: string;
  readonly version: number;
  readonly score: number;
  readonly factors: Factors;
}

/** What is most relevant, best first. */
export interface RankedMemory {
  readonly items: readonly RankedContext[];
  /** Whether a part of the search for the situation did not run. */
  readonly degraded: boolean;
  readonly reason: string | null;
  /** Milliseconds until something in it begins or ceases to be valid; null: nothing does. */
  readonly lifeMs: number | null;
}
