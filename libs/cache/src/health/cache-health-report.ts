/**
 * - `shared`: Redis or Valkey.
 * - `in-process`: one process, the same promise without a server.
 * - `immutable-only`: several processes without a server.
 */
export type CacheMode = 'shared' | 'in-process' | 'immutable-only';

/** The cache as it is at the moment of the question. */
export interface CacheHealthReport {
  readonly mode: CacheMode;
  readonly enabled: boolean;
  /** `degraded` costs speed alone; there is no `down`: without the cache the sources answer. */
  readonly status: 'up' | 'degraded' | 'off';
  readonly breaker: 'closed' | 'open' | 'none';
  /** Why the shared tier is unavailable, where it is. */
  readonly problem: string | undefined;
  readonly server: string | undefined;
  /** What the server does not offer, and what that costs. */
  readonly missingFeatures: readonly string[];
  /** Age of the oldest invalidation that nobody has confirmed; 0 where there is none. */
  readonly oldestInvalidationMs: number;
  /** Whether reads bypass what an unconfirmed invalidation names. */
  readonly bypassing: boolean;
  readonly local: {
    readonly entries: number;
    readonly bytes: number;
    readonly maxBytes: number;
    readonly evictions: number;
  };
}
