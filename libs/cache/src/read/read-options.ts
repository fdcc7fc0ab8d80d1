import type { CacheTier } from '../metrics/family-stats.js';

/** What the loader may know of why it runs. */
export interface LoadContext {
  /** Aborted when the family's load timeout is over: others may load by then. The caller still gets the value. */
  readonly signal: AbortSignal;
}

/** Asks the source. `undefined` is not stored; `null` is a value. */
export type Load<Value> = (context: LoadContext) => Promise<Value> | Value;

/** Loads several at once. Answers in the order asked, or undefined in the place of what does not exist. */
export type LoadMany<Params, Value> = (
  missing: readonly Params[],
  context: LoadContext,
) => Promise<readonly (Value | undefined)[]>;

export type ReadStatus = 'hit' | 'stale' | 'miss' | 'bypass';

/** How a read was answered, for those who report it to their own callers. */
export interface ReadReport {
  readonly status: ReadStatus;
  readonly tier: CacheTier | 'source';
  /** Milliseconds since the load began. */
  readonly ageMs: number;
  /** Milliseconds until the expiry; negative where it is past. Absent without a stored entry. */
  readonly remainingMs: number | undefined;
}

export interface ReadOptions {
  readonly report?: (report: ReadReport) => void;
  /** Called when the answer will be that of a load that somebody else runs, as long as that runs. */
  readonly awaitsOther?: () => void;
  /** `refresh` asks the source and stores its answer, for callers who may demand it (`Cache-Control: no-cache`). */
  readonly mode?: 'refresh';
}
