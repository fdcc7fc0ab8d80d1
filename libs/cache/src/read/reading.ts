import type { Clock } from '#kernel';
import type { CacheFamily } from '../families/family.js';
import type { KeySpace } from '../families/key.js';
import type { FamilyState } from '../families/registry.js';
import type { CacheSpans } from '../metrics/cache-spans.js';
import type { Erasures } from '../outbox/erasures.js';
import type { InvalidationService } from '../outbox/invalidation.service.js';
import { type Binding, bindingOf } from '../protocol/entry.js';
import type { LocalTier } from '../stores/local-tier.js';
import type { SharedRead, SharedStore } from '../stores/shared-store.js';
import type { Load, LoadContext, ReadOptions } from './read-options.js';

/** One read on its way: what is asked for, and what was seen of it so far. */
export interface Reading<Params, Value> {
  readonly state: FamilyState<Params, Value>;
  readonly params: Params;
  readonly key: string;
  readonly stampKeys: readonly string[];
  readonly load: Load<Value>;
  readonly options: ReadOptions | undefined;
  /** Of the local tier, when the read began. */
  readonly removals: number;
  /** What the shared tier answered last. */
  seen: SharedRead;
  /** Epoch and stamps in that answer; undefined where one is missing. */
  binding: Binding | undefined;
}

const NOTHING_SEEN: SharedRead = { entry: null, epoch: null, stamps: [] };

export function beginReading<Params, Value>(
  state: FamilyState<Params, Value>,
  params: Params,
  key: string,
  stampKeys: readonly string[],
  load: Load<Value>,
  options: ReadOptions | undefined,
  removals: number,
): Reading<Params, Value> {
  return { state, params, key, stampKeys, load, options, removals, seen: NOTHING_SEEN, binding: undefined };
}

/** Takes note of a newer answer of the shared tier. */
export function noteSeen<Params, Value>(reading: Reading<Params, Value>, seen: SharedRead): void {
  reading.seen = seen;
  reading.binding = bindingOf(seen.epoch, seen.stamps);
}

/** The keys of the stamps that an entry hangs on. */
export function stampKeysOf<Params, Value>(
  space: KeySpace,
  family: CacheFamily<Params, Value>,
  params: Params,
): string[] {
  return family.tags(params).map((tag) => space.tagKey(tag));
}

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

/** Runs a loader and counts it. Its signal is aborted after the family's load timeout; it may go on. */
export async function callSource<Params, Value>(state: FamilyState<Params, Value>, load: Load<Value>): Promise<Value> {
  state.stats.loads++;
  const context = new TimedContext(state.policy.loadTimeoutMs);
  try {
    return await load(context);
  } finally {
    context.end();
  }
}

/** Most loaders never look at their signal, and a signal with its timer costs more than a small load: it is made when asked for. */
class TimedContext implements LoadContext {
  private readonly startedMs = performance.now();
  private controller: AbortController | undefined;
  private timer: NodeJS.Timeout | undefined;
  private hasEnded = false;

  constructor(private readonly timeoutMs: number) {}

  get signal(): AbortSignal {
    if (this.controller !== undefined) return this.controller.signal;
    const controller = (this.controller = new AbortController());
    const leftMs = this.startedMs + this.timeoutMs - performance.now();
    if (!this.hasEnded) this.timer = setTimeout(() => controller.abort(), Math.max(0, leftMs));
    return controller.signal;
  }

  end(): void {
    this.hasEnded = true;
    clearTimeout(this.timer);
  }
}

/** What an entry holds where its family remembers failures: the error that every reader gets until it expires. */
export class RememberedFailure {
  constructor(readonly error: Error) {}
}
