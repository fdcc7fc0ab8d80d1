/** What `/v1/admin/cache` answers, as far as it is shown to a person. With `--json` all of it is passed on. */

import type { Job } from '../jobs/wait-for-job.js';

export interface FamilyCounts {
  readonly hits: number;
  readonly misses: number;
  readonly staleHits: number;
  readonly sets: number;
  readonly deletes: number;
  readonly errors: number;
  readonly hitRate: number | null;
  readonly bytes: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly savedUsd: number;
}

export interface CacheStats {
  readonly families: Readonly<Record<string, FamilyCounts>>;
  readonly totals: FamilyCounts;
  readonly tiers: {
    readonly local: { readonly entries: number; readonly bytes: number; readonly maxBytes: number };
    readonly shared: { readonly mode: string; readonly server: string | null };
  };
  readonly breaker: string;
  readonly processes: number;
  readonly since: string;
}

export interface CacheHealth {
  readonly status: 'up' | 'degraded' | 'off';
  readonly mode: string;
  readonly breaker: string;
  readonly problem: string | null;
  readonly server: string | null;
  readonly missingFeatures: readonly string[];
  /** Null for a key that is no operator's. */
  readonly servers: readonly CacheServer[] | null;
}

interface CacheServer {
  readonly uptimeSeconds: number;
  readonly clients: number;
  readonly operationsPerSecond: number;
}

export interface CacheTest {
  readonly ok: boolean;
  readonly tier: 'shared' | 'process';
  readonly roundTripMs: number | null;
  readonly problem: string | null;
}

export interface CacheFamily {
  readonly name: string;
  readonly mutable: boolean;
  readonly policy: {
    readonly enabled: boolean;
    readonly ttlMs: number;
    readonly negativeTtlMs: number | null;
    readonly staleMs: number;
    readonly staleIfErrorMs: number;
  };
}

export interface CacheKey {
  readonly key: string;
  readonly family: string;
  readonly bytes: number | null;
  readonly ttlMs: number | null;
}

export interface CacheAdvice {
  readonly family: string;
  readonly ttlMs: number;
  readonly advisedTtlMs: number;
  readonly reason: string;
}

export interface Invalidation {
  readonly invalidated: string;
  readonly deletedEntries: number | null;
}

/** How far one warming goes. */
interface WarmingBounds {
  readonly targets: number;
  readonly seconds: number;
}

/** What the server answers to an order to warm. */
export interface WarmingStarted {
  readonly job: Job<WarmingResult>;
  readonly bounds: WarmingBounds;
}

/** What the job of a warming says when it has ended. */
export interface WarmingResult {
  readonly targets: number;
  readonly warmed: number;
  readonly cold: readonly { readonly project: string; readonly session: string | null; readonly parts: string[] }[];
  readonly isMore: boolean;
}

/** One warming, as the command reports it; without a result where it was not waited for or did not complete. */
export interface Warming {
  readonly target: string;
  readonly job: string;
  readonly state: Job['state'];
  readonly failure: Job['failure'];
  readonly targets: number | null;
  readonly warmed: number | null;
  readonly cold: WarmingResult['cold'];
  readonly isMore: boolean;
  readonly bounds: WarmingBounds;
}
