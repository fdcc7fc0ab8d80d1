import { errorOf } from '#kernel';
import { bindingOf, hardMsOf, loadedAtOf, nonceOf } from '../protocol/entry.js';
import type { LocalEntry } from '../stores/local-tier.js';
import type { Load, ReadOptions } from './read-options.js';
import { beginReading, type CacheParts, noteSeen, type Reading, RememberedFailure, stampKeysOf } from './reading.js';
import type { FamilyState } from '../families/registry.js';
import type { LocalReader } from './local-reader.js';
import type { MissHandler } from './miss-handler.js';
import { cloneForCaller } from '../codec/payload.js';
import { CORRUPT, type Fallback, type SharedReader } from './shared-reader.js';
import type { SourceLoader } from './source-loader.js';

/** The way of one read: this process, the shared tier, a load. */
export class CacheReader {
  constructor(
    private readonly parts: CacheParts,
    private readonly local: LocalReader,
    private readonly shared: SharedReader,
    private readonly misses: MissHandler,
    private readonly source: SourceLoader,
  ) {}

  /** Not an async function: each of those between the caller and the answer costs a hit three turns of the queue. */
  read<Params, Value>(
    state: FamilyState<Params, Value>,
    params: Params,
    load: Load<Value>,
    options: ReadOptions | undefined,
  ): Promise<Value> {
    try {
      return this.start(state, params, load, options);
    } catch (error) {
      // Parameters that make no key.
      return Promise.reject(errorOf(error));
    }
  }

  /** What the shared tier holds of a key, for those who ask it alone. Undefined: it is unavailable or may not be trusted. */
  async look<Params, Value>(
    family: FamilyState<Params, Value>,
    params: Params,
  ): Promise<Reading<Params, Value> | undefined> {
    const { store, invalidations, space } = this.parts;
    const { family: declared } = family;
    if (!store.isOpen || (declared.mutable && invalidations.inTransaction)) return undefined;
    const load = () => undefined as Value;
    const reading = this.begin(family, params, declared.entryKey(space, params), load, undefined);
    if (invalidations.hasUnconfirmed && invalidations.isUnconfirmed(reading.stampKeys)) return undefined;
    try {
      noteSeen(reading, await store.read(reading.key, reading.stampKeys));
      return reading;
    } catch {
      family.stats.errors++;
      return undefined;
    }
  }

  /** The value from the cache, or undefined where it holds none that may be served as fresh. */
  async get<Params, Value>(state: FamilyState<Params, Value>, params: Params): Promise<Value | undefined> {
    const nowMs = this.parts.clock.nowMs();
    const key = state.family.entryKey(this.parts.space, params);
    if (!state.family.mutable && (await this.parts.erasures.mustAskSource(key))) return undefined;
    const kept = state.keepsLocal && state.answersByKey ? this.parts.local.get(key) : undefined;
    if (kept !== undefined && this.local.judge(state, kept, nowMs) !== undefined) {
      return this.local.serve(state, kept, nowMs, undefined);
    }
    const reading = await this.look(state, params);
    const value = reading === undefined ? undefined : this.shared.usable(reading);
    if (value === undefined || value instanceof RememberedFailure) {
      state.stats.misses++;
      return undefined;
    }
    state.stats.sharedHits++;
    return cloneForCaller(state, value);
  }

  /** Milliseconds until the entry expires; undefined where there is none that may be served as fresh. */
  async ttlMs<Params, Value>(state: FamilyState<Params, Value>, params: Params): Promise<number | undefined> {
    const reading = await this.look(state, params);
    if (reading === undefined) return undefined;
    const nowMs = this.parts.clock.nowMs();
    const verdict = this.shared.judge(reading, nowMs);
    if (verdict !== 'fresh' && verdict !== 'soft') return undefined;
    const entry = reading.seen.entry as Buffer;
    const hardMs = Math.min(hardMsOf(entry), state.policy.longestMs);
    return hardMs - Math.max(0, nowMs - loadedAtOf(entry));
  }

  private start<Params, Value>(
    state: FamilyState<Params, Value>,
    params: Params,
    load: Load<Value>,
    options: ReadOptions | undefined,
  ): Promise<Value> {
    const { family, policy } = state;
    const { erasures, space, options: engine } = this.parts;
    if (!engine.enabled || !policy.enabled) return this.source.bypass(state, load, options);
    const key = family.entryKey(space, params);
    if (!family.mutable && erasures.isUncertain) return this.readUncertain(state, params, key, load, options);
    return this.readKept(state, params, key, load, options);
  }

  /** Something of this key may have been erased without this process knowing, or may still be in the shared tier. */
  private async readUncertain<Params, Value>(
    state: FamilyState<Params, Value>,
    params: Params,
    key: string,
    load: Load<Value>,
    options: ReadOptions | undefined,
  ): Promise<Value> {
    const mustAskSource = await this.parts.erasures.mustAskSource(key);
    if (mustAskSource) return this.source.bypassForNow(this.begin(state, params, key, load, options));
    return this.readKept(state, params, key, load, options);
  }

  private readKept<Params, Value>(
    state: FamilyState<Params, Value>,
    params: Params,
    key: string,
    load: Load<Value>,
    options: ReadOptions | undefined,
  ): Promise<Value> {
    const { family } = state;
    const { store, invalidations, clock } = this.parts;
    const nowMs = clock.nowMs();
    const asksSource = options?.mode === 'refresh';

    const kept = state.keepsLocal && !asksSource ? this.parts.local.get(key) : undefined;
    if (kept !== undefined && state.answersByKey) {
      const verdict = this.local.judge(state, kept, nowMs);
      if (verdict === 'soft') this.misses.refreshLater(this.begin(state, params, key, load, options), kept.nonce);
      if (verdict !== undefined) return Promise.resolve(this.local.serve(state, kept, nowMs, options));
    }

    if (family.mutable && invalidations.inTransaction) return this.source.bypass(state, load, options);
    const reading = this.begin(state, params, key, load, options);
    if (!store.isOpen || (invalidations.hasUnconfirmed && invalidations.isUnconfirmed(reading.stampKeys))) {
      return this.readUnavailable(reading);
    }
    return this.readShared(reading, kept, nowMs, asksSource);
  }

  private readShared<Params, Value>(
    reading: Reading<Params, Value>,
    kept: LocalEntry | undefined,
    nowMs: number,
    asksSource: boolean,
  ): Promise<Value> {
    const { state } = reading;
    const startedMs = performance.now();
    const verdict = kept === undefined ? undefined : this.local.judge(state, kept, nowMs);
    if (kept !== undefined && verdict !== undefined) {
      return this.confirmKept(reading, kept, verdict, nowMs, startedMs);
    }
    return this.readEntry(reading, nowMs, startedMs, asksSource);
  }

  /** The value that this process keeps, where epoch and stamps are still those it was read under. */
  private confirmKept<Params, Value>(
    reading: Reading<Params, Value>,
    kept: LocalEntry,
    verdict: 'fresh' | 'soft',
    nowMs: number,
    startedMs: number,
  ): Promise<Value> {
    const { state, key, stampKeys } = reading;
    return this.parts.store.read(key, stampKeys, 'binding').then(
      ({ epoch, stamps }) => {
        const binding = bindingOf(epoch, stamps);
        if (binding === undefined || binding !== kept.binding) {
          return this.readEntry(reading, nowMs, startedMs, false);
        }
        if (verdict === 'soft') this.misses.refreshLater(reading, kept.nonce);
        state.stats.localLatency.observe(performance.now() - startedMs);
        return this.local.serveConfirmed(reading, kept, nowMs);
      },
      () => this.readFailed(reading),
    );
  }

  /** Not an async function either: of a hit by one caller, its turns of the queue are a tenth. */
  private readEntry<Params, Value>(
    reading: Reading<Params, Value>,
    nowMs: number,
    startedMs: number,
    asksSource: boolean,
  ): Promise<Value> {
    return this.parts.store.read(reading.key, reading.stampKeys).then(
      (seen) => {
        noteSeen(reading, seen);
        return asksSource ? this.miss(reading, undefined, true) : this.answer(reading, nowMs, startedMs);
      },
      () => this.readFailed(reading),
    );
  }

  private readFailed<Params, Value>(reading: Reading<Params, Value>): Promise<Value> {
    reading.state.stats.errors++;
    return this.readUnavailable(reading);
  }

  private answer<Params, Value>(
    reading: Reading<Params, Value>,
    nowMs: number,
    startedMs: number,
  ): Value | Promise<Value> {
    const { state } = reading;
    const verdict = this.shared.judge(reading, nowMs);
    if (verdict === 'fresh' || verdict === 'soft' || verdict === 'stale') {
      const entry = reading.seen.entry as Buffer;
      const value = this.shared.open(reading, entry);
      if (value !== CORRUPT) {
        state.stats.sharedLatency.observe(performance.now() - startedMs);
        if (verdict !== 'fresh') this.misses.refreshLater(reading, nonceOf(entry));
        this.shared.keep(reading, entry, value);
        return this.shared.serve(reading, entry, value, nowMs, verdict === 'stale');
      }
    }
    return this.miss(reading, verdict === 'expired' ? this.shared.fallbackFrom(reading, nowMs) : undefined);
  }

  private async miss<Params, Value>(
    reading: Reading<Params, Value>,
    fallback: Fallback<Value> | undefined,
    asksSource = false,
  ): Promise<Value> {
    return cloneForCaller(reading.state, await this.misses.obtain(reading, fallback, asksSource));
  }

  /** The shared tier can't be asked, or not be trusted for these tags. What the key determines is still shared and kept here. */
  private async readUnavailable<Params, Value>(reading: Reading<Params, Value>): Promise<Value> {
    const { state } = reading;
    if (state.family.mutable) return this.source.bypassForNow(reading);
    return cloneForCaller(state, await this.misses.obtainUnavailable(reading));
  }

  private begin<Params, Value>(
    state: FamilyState<Params, Value>,
    params: Params,
    key: string,
    load: Load<Value>,
    options: ReadOptions | undefined,
  ): Reading<Params, Value> {
    const { space, local } = this.parts;
    return beginReading(state, params, key, stampKeysOf(space, state.family, params), load, options, local.removals);
  }
}
