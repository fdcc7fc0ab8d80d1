import type { Clock } from '#kernel';
import type { KeySpace } from '../cache-key.js';
import type { CacheSpans } from '../metrics/cache-spans.js';
import type { Erasures } from '../outbox/erasures.js';
import type { InvalidationService } from '../outbox/invalidation.service.js';
import type { LocalTier } from '../stores/local-tier.js';
import type { SharedStore } from '../stores/shared-store.js';

export interface CacheEngineOptions {
  /** False: every read goes to its source. Invalidations are fired all the same. */
  readonly enabled: boolean;
  /** Life of a lease; renewed while its holder loads. */
  readonly leaseMs: number;
  /** Share of hits of mutable families that are compared with their source in the background. */
  readonly driftSampleRate: number;
}

export const DEFAULT_ENGINE_OPTIONS: CacheEngineOptions = { enabled: true, leaseMs: 5_000, driftSampleRate: 0 };

export const DEFAULT_TTL_MS = 300_000;

/** What the steps of a read work with. */
export interface CacheParts {
  readonly store: SharedStore;
  readonly local: LocalTier;
  readonly invalidations: InvalidationService;
  readonly erasures: Erasures;
  readonly space: KeySpace;
  readonly clock: Clock;
  readonly options: CacheEngineOptions;
  readonly spans: CacheSpans;
  /** Uniform in (0, 1], for XFetch, jitter and samples. */
  readonly random: () => number;
  /** TTL of families that declare none. */
  readonly defaultTtlMs: number;
}
