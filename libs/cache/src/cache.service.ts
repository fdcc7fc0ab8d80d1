import type { Clock } from '#kernel';
import { Logger } from '@nestjs/common';
import { bindingIn, cellOf, EntryFlag, encodeEntry, flagsOf, hardMsOf, isEntry, isLease, loadedAtOf, loadMsOf, nonceOf, softMsOf } from './cache-entry.js';
import type { CacheFamily, FamilyPolicy, FamilySettings, ImmutableFamily, MutableFamily } from './cache-family.js';
import { encodeKeyParts, type KeyPart, type KeySpace, PLATFORM_SCOPE } from './cache-key.js';
import { CorruptValueError } from './codec/codec.js';
import type { AloneMarks } from './coherence/alone-marks.js';
import type { Coherence } from './coherence/coherence.js';
import { decodeFailure, decodePayload, type EncodedPayload, encodeFailure, encodePayload, roundTrip } from './entry-codec.js';
import { judgeAge, judgeEntry, type Verdict } from './entry-verdict.js';
import type { LeaseMode } from './lease.js';
import { type CacheTier, FamilyStats, type FamilyStatsReport, reportOf } from './metrics/family-stats.js';
import type { InvalidationService } from './outbox/invalidation.service.js';
import { randomId } from './random-id.js';
import { type Flight, SingleFlight } from './single-flight.js';
import { type Binding, bindingOf } from './stamps.js';
import type { LocalEntry, LocalTier } from './stores/local-tier.js';
import type { SharedRead, SharedStore } from './stores/shared-store.js';
import type { Tag } from './tag.js';

export interface CacheEngineOptions {
  /** False: every read goes to its source. Invalidations are fired all the same. */
  readonly enabled: boolean;
  /** Life of a lease; renewed while its holder loads. */
  readonly leaseMs: number;
  /** Share of hits of mutable families that are compared with their source in the background. */
  readonly driftSampleRate: number;
}

export const DEFAULT_ENGINE_OPTIONS: CacheEngineOptions = { enabled: true, leaseMs: 5_000, driftSampleRate: 0 };

/** What the loader may know of why it runs. */
export interface LoadContext {
  /** Aborted when the family's load timeout is over: others may load by then. The caller still gets the value. */
  readonly signal: AbortSignal;
}

export type Load<Value> = (context: LoadContext) => Promise<Value> | Value;

/** Loads several at once. Answers in the order asked, or undefined in the place of what does not exist. */
export type LoadMany<Params, Value> = (missing: readonly Params[], context: LoadContext) => Promise<readonly (Value | undefined)[]>;

export type ReadStatus = 'hit' | 'stale' | 'miss' | 'bypass';

/** How a read was answered, for those who tell their own callers. */
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
  /** `refresh` asks the source and stores its answer, for callers who may demand it (`Cache-Control: no-cache`). */
  readonly mode?: 'refresh';
}

/** Something to fill again after a write: see `CacheService.invalidate`. */
export interface Refill {
  run(cache: CacheService): Promise<void>;
}

export interface CacheStatsReport {
  readonly families: Readonly<Record<string, FamilyStatsReport>>;
  readonly totals: FamilyStatsReport;
  readonly since: string;
}

interface FamilyState<Params, Value> {
  readonly family: CacheFamily<Params, Value>;
  policy: FamilyPolicy;
  stats: FamilyStats;
  readonly keepsLocal: boolean;
}

type AnyState = FamilyState<never, unknown>;

/** What a reader knows before it loads. */
interface Want<Params> {
  readonly params: Params;
  readonly key: string;
  readonly stampKeys: readonly string[];
  read: SharedRead;
  binding: Binding | undefined;
}

type Grant = { readonly outcome: 'acquired'; readonly token: string; readonly binding: Binding } | { readonly outcome: 'held' | 'changed' | 'unavailable' };

/** A value to fall back on when the source fails: expired, never invalidated. */
interface Fallback<Value> {
  readonly value: Value;
  readonly loadedAtMs: number;
  readonly hardMs: number;
}

const MAX_ROUNDS = 4;
const always = (): true => true;

/**
 * The one way through the cache.
 *
 * A read that starts after a write was acknowledged returns that write or a later one. The shared tier being away,
 * slow or broken costs speed: the source answers. Errors of the source are errors of the caller. Values that several
 * callers may hold are frozen (typed arrays are copied).
 *
 * Safe for any number of concurrent callers.
 */
export class CacheService {
  private readonly logger = new Logger('Cache');
  private readonly states = new Map<CacheFamily<never, never>, AnyState>();
  private readonly byName = new Map<string, AnyState>();
  private readonly settings = new Map<string, FamilySettings>();
  private readonly flights = new SingleFlight();
  private readonly refreshing = new Set<string>();
  private readonly background = new Set<Promise<unknown>>();
  private readonly complained = new Set<string>();
  /** Of the longest family seen: stamps live at least as long as the entries that name them. */
  private stampLifeMs = 24 * 3_600_000;
  private since: number;
  private random: () => number = () => 1 - Math.random();

  constructor(
    readonly store: SharedStore,
    readonly local: LocalTier,
    readonly invalidations: InvalidationService,
    private readonly coherence: Coherence,
    private readonly marks: AloneMarks,
    readonly space: KeySpace,
    private readonly clock: Clock,
    readonly options: CacheEngineOptions = DEFAULT_ENGINE_OPTIONS,
  ) {
    this.since = clock.nowMs();
  }

  /**
   * The value from the cache, else from `load`, whose answer is stored. `undefined` is not stored; `null` is a value.
   * One load of a key runs at a time while the shared tier answers.
   */
  async getOrSet<Params, Value>(family: CacheFamily<Params, Value>, params: Params, load: Load<Value>, options?: ReadOptions): Promise<Value> {
    const state = this.stateOf(family);
    const { policy } = state;
    if (!this.options.enabled || !policy.enabled) return this.loadBeside(state, load, options);
    const key = family.entryKey(this.space, params);
    const nowMs = this.clock.nowMs();
    const isRefresh = options?.mode === 'refresh';

    const local = state.keepsLocal && !isRefresh ? this.local.get(key) : undefined;
    if (local !== undefined && (!family.mutable || (policy.l1LagMs > 0 && this.answersAlone(key, policy, params, family)))) {
      const verdict = judgeAge(local.loadedAtMs, local.softMs, local.hardMs, local.loadMs, nowMs, policy, this.random);
      if (verdict === 'fresh' || verdict === 'soft') {
        if (verdict === 'soft') this.refreshLater(state, params, key, load, local.nonce);
        return this.localHit(state, local, nowMs, options);
      }
    }

    if (family.mutable && this.invalidations.inTransaction) return this.loadBeside(state, load, options);
    const stampKeys = this.stampKeysOf(family, params);
    if (!this.store.isOpen || (family.mutable && this.invalidations.hasSuspects && this.invalidations.isSuspect(stampKeys))) {
      return this.loadAway(state, params, key, load, options);
    }

    const startedMs = performance.now();
    const mark = policy.l1LagMs > 0 && state.keepsLocal ? this.marks.begin(key, stampKeys) : 0;
    let read: SharedRead;
    try {
      read = await this.store.read(local !== undefined && family.mutable ? undefined : key, stampKeys);
      if (local !== undefined && family.mutable && bindingOf(read.epoch, read.stamps) !== local.binding) read = await this.store.read(key, stampKeys);
    } catch {
      state.stats.errors++;
      if (mark !== 0) this.marks.drop(key);
      return this.loadAway(state, params, key, load, options);
    }
    const binding = bindingOf(read.epoch, read.stamps);

    if (local !== undefined && family.mutable && read.entry === null && binding !== undefined && binding === local.binding) {
      const verdict = judgeAge(local.loadedAtMs, local.softMs, local.hardMs, local.loadMs, nowMs, policy, this.random);
      if (verdict === 'fresh' || verdict === 'soft') {
        if (mark !== 0) this.marks.settle(key, mark);
        if (verdict === 'soft') this.refreshLater(state, params, key, load, local.nonce);
        state.stats.localLatency.observe(performance.now() - startedMs);
        return this.localHit(state, local, nowMs, options);
      }
      // Expired here: the shared tier may hold a younger one.
      try {
        read = await this.store.read(key, stampKeys);
      } catch {
        state.stats.errors++;
        return this.loadAway(state, params, key, load, options);
      }
    }

    const want: Want<Params> = { params, key, stampKeys, read, binding: bindingOf(read.epoch, read.stamps) };
    if (isRefresh) return this.share(state, await this.obtain(state, want, load, undefined, options, 'take-over'));
    const found = this.judge(state, want, nowMs);
    switch (found.verdict) {
      case 'fresh':
      case 'soft':
      case 'stale': {
        const entry = read.entry as Buffer;
        const value = this.open(state, want, entry);
        if (value === CORRUPT) break;
        state.stats.sharedLatency.observe(performance.now() - startedMs);
        if (found.verdict !== 'fresh') this.refreshLater(state, params, key, load, nonceOf(entry));
        const kept = this.keep(state, want, entry, value, mark);
        return this.sharedHit(state, kept, entry, nowMs, found.verdict === 'stale', options, params, load);
      }
      default:
        break;
    }
    // Whatever the load brings was not watched from before its stamps were read: the next read sets a mark of its own.
    if (mark !== 0) this.marks.drop(key);
    const fallback = found.verdict === 'expired' ? this.fallbackFrom(state, want, nowMs) : undefined;
    return this.share(state, await this.obtain(state, want, load, fallback, options));
  }

  /**
   * Like `getOrSet` for many, in the order asked: one read for all, one load for all that is missing. Equal keys are
   * read and loaded once.
   */
  async getMany<Params, Value>(family: CacheFamily<Params, Value>, all: readonly Params[], loadMany: LoadMany<Params, Value>): Promise<(Value | undefined)[]> {
    const state = this.stateOf(family);
    const keys = all.map((params) => family.entryKey(this.space, params));
    const firstOf = new Map<string, Params>();
    keys.forEach((key, i) => {
      if (!firstOf.has(key)) firstOf.set(key, all[i] as Params);
    });
    const bulk = new BulkLoad<Params, Value>([...firstOf.values()], loadMany);
    const values = new Map<string, Promise<Value>>();
    for (const [key, params] of firstOf) {
      values.set(
        key,
        this.getOrSet(family, params, (context) => bulk.load(params, context), { report: ({ status }) => status !== 'miss' && status !== 'bypass' && bulk.answered(params) }).finally(() =>
          bulk.answered(params),
        ),
      );
    }
    const settled = await Promise.all(keys.map((key) => values.get(key) as Promise<Value>));
    return settled.map((value) => this.share(state, value));
  }

  /** The value from the cache, or undefined; the source is not asked. */
  async get<Params, Value>(family: CacheFamily<Params, Value>, params: Params): Promise<Value | undefined> {
    const state = this.stateOf(family);
    if (!this.options.enabled || !state.policy.enabled) return undefined;
    const key = family.entryKey(this.space, params);
    const nowMs = this.clock.nowMs();
    const local = family.mutable || !state.keepsLocal ? undefined : this.local.get(key);
    if (local !== undefined && nowMs - local.loadedAtMs < local.hardMs) return this.localHit(state, local, nowMs, undefined);
    const want = await this.find(state, params, key);
    const entry = want?.read.entry;
    if (want === undefined || entry === null || entry === undefined) {
      state.stats.misses++;
      return undefined;
    }
    const { verdict } = this.judge(state, want, nowMs);
    if (verdict !== 'fresh' && verdict !== 'soft') {
      state.stats.misses++;
      return undefined;
    }
    const value = this.open(state, want, entry);
    if (value === CORRUPT || value instanceof RememberedFailure) {
      state.stats.misses++;
      return undefined;
    }
    state.stats.sharedHits++;
    return this.share(state, this.keep(state, want, entry, value, 0) as Value);
  }

  /** Whether `get` would answer a value, null included. */
  async has<Params, Value>(family: CacheFamily<Params, Value>, params: Params): Promise<boolean> {
    return (await this.ttl(family, params)) !== undefined;
  }

  /** Milliseconds until the entry expires; undefined where there is no valid one. */
  async ttl<Params, Value>(family: CacheFamily<Params, Value>, params: Params): Promise<number | undefined> {
    const state = this.stateOf(family);
    const want = await this.find(state, params, family.entryKey(this.space, params));
    const entry = want?.read.entry;
    if (want === undefined || entry === null || entry === undefined) return undefined;
    const nowMs = this.clock.nowMs();
    const { verdict } = this.judge(state, want, nowMs);
    return verdict === 'fresh' || verdict === 'soft' ? hardMsOf(entry) - Math.max(0, nowMs - loadedAtOf(entry)) : undefined;
  }

  /** Stores a value that its key determines. False: the shared tier is away, or the value can't be stored. */
  async set<Params, Value>(family: ImmutableFamily<Params, Value>, params: Params, value: Value): Promise<boolean> {
    return this.store_(family, params, value, 0, false);
  }

  /**
   * Stores the value unless an entry of the same or a later `version` is there.
   * @param version a safe integer from 0
   */
  async setIfNewer<Params, Value>(family: ImmutableFamily<Params, Value>, params: Params, value: Value, version: number): Promise<boolean> {
    if (!Number.isSafeInteger(version) || version < 0) throw new TypeError(`A version is a safe integer from 0, not ${version}.`);
    return this.store_(family, params, value, version, true);
  }

  /**
   * Makes everything that depends on one of these tags invalid, on every process.
   *
   * Inside a transaction: remembered in it, fired after its commit and before its caller is answered; never after a
   * rollback. Outside: fired now. Resolves once the shared tier has confirmed it; where nobody can within
   * `invalidationBoundMs`, after that.
   * @param refills loaded and stored again afterwards, in the background, with the readers' own loaders
   */
  async invalidate(tags: readonly Tag[], ...refills: readonly Refill[]): Promise<void> {
    await this.invalidations.invalidate(tags, () => {
      for (const refill of refills) this.inBackground(refill.run(this));
    });
  }

  /** A refill for `invalidate`: the entry is written through, as a reader would. */
  refill<Params, Value>(family: CacheFamily<Params, Value>, params: Params, load: Load<Value>): Refill {
    return { run: (cache) => cache.warm(family, params, load) };
  }

  /** Loads and stores the entry now, replacing whatever is there. Errors of the source are counted, not thrown. */
  async warm<Params, Value>(family: CacheFamily<Params, Value>, params: Params, load: Load<Value>): Promise<void> {
    try {
      await this.getOrSet(family, params, load, { mode: 'refresh' });
    } catch (error) {
      this.stateOf(family).stats.errors++;
      this.logger.debug(`Warming ${family.name} failed: ${messageOf(error)}`);
    }
  }

  /** Invalidates everything of this namespace; nobody else's keys are touched. False: the shared tier is away. */
  async clear(): Promise<boolean> {
    this.local.clear();
    this.marks.clear();
    try {
      await this.store.unlinkEpoch();
      await this.coherence.announce('everything');
      return true;
    } catch (error) {
      this.logger.warn(`The cache could not be cleared: ${messageOf(error)}`);
      return false;
    }
  }

  /**
   * Deletes the entries of one family (of one scope of it), for administrators and for erasure; a scan over the whole
   * server. Other families' and others' keys stay. Answers how many were deleted here.
   */
  async deleteEntries<Params, Value>(family: CacheFamily<Params, Value>, scope: readonly KeyPart[] = []): Promise<number> {
    const prefix = family.keyPrefix(this.space) + (scope.length === 0 ? '' : `${encodeKeyParts(scope)}:`);
    this.local.deletePrefix(prefix);
    return this.deletePrefix(prefix, this.stateOf(family));
  }

  /**
   * Adds to a counter that lives `lifeMs` from its first count. Undefined while the shared tier is away.
   */
  async increment(workspace: string | null, name: KeyPart | readonly KeyPart[], by: number, lifeMs: number): Promise<number | undefined> {
    const scope = workspace === null ? PLATFORM_SCOPE : encodeKeyParts(workspace);
    try {
      return await this.store.increment(`${this.space.counterPrefix}${scope}:${encodeKeyParts(name)}`, by, lifeMs);
    } catch {
      return undefined;
    }
  }

  stats(): CacheStatsReport {
    const totals = new FamilyStats();
    const families: Record<string, FamilyStatsReport> = {};
    for (const [name, { stats }] of this.byName) {
      families[name] = reportOf(stats);
      addStats(totals, stats);
    }
    return { families, totals: reportOf(totals), since: new Date(this.since).toISOString() };
  }

  resetStats(): void {
    for (const state of this.byName.values()) state.stats = new FamilyStats();
    this.local.evictions = 0;
    this.since = this.clock.nowMs();
  }

  /** The statistics as they are counted, by family, for the metrics. */
  *rawStats(): Iterable<readonly [string, FamilyStats]> {
    for (const [name, { stats }] of this.byName) yield [name, stats];
  }

  /** Makes families known before their first use, so that listings and settings show them. */
  register(...families: readonly CacheFamily<never, never>[]): void {
    for (const family of families) this.stateOf(family as unknown as CacheFamily<never, unknown>);
  }

  /** The families in use with the policy in force. */
  families(): { readonly name: string; readonly mutable: boolean; readonly schemaVersion: number; readonly policy: FamilyPolicy }[] {
    return [...this.byName.values()].map(({ family, policy }) => ({ name: family.name, mutable: family.mutable, schemaVersion: family.definition.schemaVersion, policy }));
  }

  findFamily(name: string): CacheFamily<never, unknown> | undefined {
    return this.byName.get(name)?.family;
  }

  /** Puts settings in force: what is absent from the map is as declared. */
  applySettings(settings: ReadonlyMap<string, FamilySettings>): void {
    this.settings.clear();
    for (const [name, setting] of settings) this.settings.set(name, setting);
    for (const [name, state] of this.byName) {
      state.policy = state.family.policyWith(this.settings.get(name) ?? {});
      this.stampLifeMs = Math.max(this.stampLifeMs, lifeOf(state.policy));
    }
  }

  /** Waits for refreshes and refills that run in the background. */
  async settled(): Promise<void> {
    while (this.background.size > 0) await Promise.allSettled([...this.background]);
  }

  /** News from a coherence link: local entries that hang on these keys answer alone no more. */
  forgetLocal(keys: readonly string[]): void {
    for (const key of keys) this.marks.changed(key);
  }

  /** The local tier may have missed news: nothing answers alone until it is read again. */
  forgetAllLocal(): void {
    this.marks.clear();
  }

  private stateOf<Params, Value>(family: CacheFamily<Params, Value>): FamilyState<Params, Value> {
    const known = this.states.get(family as unknown as CacheFamily<never, never>);
    return (known as unknown as FamilyState<Params, Value> | undefined) ?? this.adopt(family);
  }

  private adopt<Params, Value>(family: CacheFamily<Params, Value>): FamilyState<Params, Value> {
    if (this.byName.has(family.name)) throw new TypeError(`Two cache families are named ${family.name}: names are unique.`);
    const state: FamilyState<Params, Value> = {
      family,
      policy: family.policyWith(this.settings.get(family.name) ?? {}),
      stats: new FamilyStats(),
      keepsLocal: family.definition.keepInProcess ?? true,
    };
    this.states.set(family as unknown as CacheFamily<never, never>, state as unknown as AnyState);
    this.byName.set(family.name, state as unknown as AnyState);
    this.stampLifeMs = Math.max(this.stampLifeMs, lifeOf(state.policy));
    if (state.policy.l1LagMs > 0 && state.keepsLocal) this.coherence.watch(family.keyPrefix(this.space));
    return state;
  }

  private stampKeysOf<Params, Value>(family: CacheFamily<Params, Value>, params: Params): string[] {
    const tags = family.tags(params);
    const keys: string[] = [];
    for (let i = 0; i < tags.length; i++) keys.push(this.space.tagKey(tags[i] as Tag));
    return keys;
  }

  private answersAlone<Params, Value>(key: string, policy: FamilyPolicy, params: Params, family: CacheFamily<Params, Value>): boolean {
    if (!this.marks.mayAnswer(key) || this.coherence.lagMs() > policy.l1LagMs) return false;
    if (this.invalidations.inTransaction) return false;
    return !this.invalidations.hasSuspects || !this.invalidations.isSuspect(this.stampKeysOf(family, params));
  }

  private share<Params, Value>(state: FamilyState<Params, Value>, value: Value): Value {
    return value === null || value === undefined ? value : state.family.codec.share(value);
  }

  private localHit<Params, Value>(state: FamilyState<Params, Value>, local: LocalEntry, nowMs: number, options: ReadOptions | undefined): Value {
    const { stats } = state;
    stats.localHits++;
    if (state.family.definition.costOf !== undefined) stats.savedUsd += state.family.definition.costOf(local.value as Value);
    options?.report?.({ status: 'hit', tier: 'local', ageMs: Math.max(0, nowMs - local.loadedAtMs), remainingMs: local.loadedAtMs + local.hardMs - nowMs });
    return this.share(state, local.value as Value);
  }

  private sharedHit<Params, Value>(
    state: FamilyState<Params, Value>,
    value: Value | RememberedFailure,
    entry: Buffer,
    nowMs: number,
    isStale: boolean,
    options: ReadOptions | undefined,
    params: Params,
    load: Load<Value>,
  ): Value {
    const { stats, family } = state;
    stats.sharedHits++;
    if (isStale) stats.staleHits++;
    const ageMs = Math.max(0, nowMs - loadedAtOf(entry));
    options?.report?.({ status: isStale ? 'stale' : 'hit', tier: 'shared', ageMs, remainingMs: hardMsOf(entry) - ageMs });
    if (value instanceof RememberedFailure) throw value.error;
    if (family.definition.costOf !== undefined && value !== null) stats.savedUsd += family.definition.costOf(value);
    if (family.mutable && this.options.driftSampleRate > 0 && Math.random() < this.options.driftSampleRate) this.inBackground(this.probe(state, params, bindingIn(entry), value, load));
    return this.share(state, value);
  }

  private judge<Params, Value>(state: FamilyState<Params, Value>, want: Want<Params>, nowMs: number): { readonly verdict: Verdict | 'absent' } {
    const { entry } = want.read;
    if (entry === null || isLease(entry)) return { verdict: 'absent' };
    if (!isEntry(entry)) {
      this.corrupt(state, want, entry);
      return { verdict: 'absent' };
    }
    return {
      verdict: judgeEntry(
        bindingIn(entry),
        { loadedAtMs: loadedAtOf(entry), softMs: softMsOf(entry), hardMs: hardMsOf(entry), loadMs: loadMsOf(entry) },
        want.binding,
        nowMs,
        state.policy,
        this.random,
      ),
    };
  }

  /** The value in an entry, checked and sealed; what is wrong with it is removed and counted. */
  private open<Params, Value>(state: FamilyState<Params, Value>, want: Want<Params>, entry: Buffer): Value | RememberedFailure | typeof CORRUPT {
    try {
      if ((flagsOf(entry) & EntryFlag.failure) !== 0) {
        const { failures } = state.family.definition;
        if (failures === undefined) throw new CorruptValueError('The family remembers no failures.');
        return new RememberedFailure(failures.decode(decodeFailure(state.family, entry)));
      }
      const value = decodePayload(state.family, entry);
      return value === null ? value : state.family.codec.seal(value);
    } catch {
      this.corrupt(state, want, entry);
      return CORRUPT;
    }
  }

  private corrupt<Params, Value>(state: FamilyState<Params, Value>, want: Want<Params>, entry: Buffer): void {
    state.stats.corrupt++;
    state.stats.errors++;
    want.read = { ...want.read, entry: null };
    this.complain(state.family.name, 'an entry of the shared tier is corrupt and was removed');
    this.inBackground(this.store.remove(want.key, nonceOf(entry)));
  }

  private keep<Params, Value, Kept extends Value | RememberedFailure>(state: FamilyState<Params, Value>, want: Want<Params>, entry: Buffer, value: Kept, mark: number): Kept {
    if (!state.keepsLocal || value instanceof RememberedFailure) return value;
    this.local.set(want.key, {
      value,
      binding: bindingIn(entry),
      nonce: nonceOf(entry),
      loadedAtMs: loadedAtOf(entry),
      softMs: softMsOf(entry),
      hardMs: hardMsOf(entry),
      loadMs: loadMsOf(entry),
      bytes: state.family.codec.weigh(entry.length),
    });
    if (mark !== 0) this.marks.settle(want.key, mark);
    return value;
  }

  private fallbackFrom<Params, Value>(state: FamilyState<Params, Value>, want: Want<Params>, nowMs: number): Fallback<Value> | undefined {
    const entry = want.read.entry as Buffer;
    const loadedAtMs = loadedAtOf(entry);
    const hardMs = hardMsOf(entry);
    if (nowMs >= loadedAtMs + hardMs + state.policy.staleIfErrorMs) return undefined;
    const value = this.open(state, want, entry);
    return value === CORRUPT || value instanceof RememberedFailure ? undefined : { value, loadedAtMs, hardMs };
  }

  private async find<Params, Value>(state: FamilyState<Params, Value>, params: Params, key: string): Promise<Want<Params> | undefined> {
    const { family } = state;
    if (!this.store.isOpen || (family.mutable && this.invalidations.inTransaction)) return undefined;
    const stampKeys = this.stampKeysOf(family, params);
    if (family.mutable && this.invalidations.isSuspect(stampKeys)) return undefined;
    try {
      const read = await this.store.read(key, stampKeys);
      return { params, key, stampKeys, read, binding: bindingOf(read.epoch, read.stamps) };
    } catch {
      state.stats.errors++;
      return undefined;
    }
  }

  /** A miss: shares a load under way where that is safe, else loads. */
  private async obtain<Params, Value>(
    state: FamilyState<Params, Value>,
    want: Want<Params>,
    load: Load<Value>,
    fallback: Fallback<Value> | undefined,
    options: ReadOptions | undefined,
    mode: LeaseMode = 'fresh-key',
  ): Promise<Value> {
    const { family, stats } = state;
    let older = this.flights.find(want.key);
    if (mode !== 'take-over' && older !== undefined && older.started && want.binding === undefined) {
      // Its stamps may have been made after this reader looked.
      try {
        this.look(want, await this.store.read(want.key, want.stampKeys));
      } catch {
        stats.errors++;
      }
      older = this.flights.find(want.key);
    }
    const joinable = mode === 'take-over' && older?.started === true ? undefined : this.flights.joinable(want.key, want.binding, !family.mutable);
    stats.misses++;
    if (joinable !== undefined) {
      stats.coalesced++;
      const value = (await joinable.promise) as Value;
      options?.report?.({ status: 'miss', tier: 'source', ageMs: 0, remainingMs: undefined });
      return value;
    }
    const isOwnLease = older?.token !== undefined && want.read.entry !== null && cellHolds(want.read.entry, older.token);
    const flight = this.flights.begin(want.key);
    try {
      const value = await this.fly(state, want, load, fallback, flight, isOwnLease ? 'take-over' : mode, options);
      flight.settle.resolve(value);
      return value;
    } catch (error) {
      flight.settle.reject(error);
      throw error;
    } finally {
      this.flights.end(want.key, flight);
    }
  }

  private async fly<Params, Value>(
    state: FamilyState<Params, Value>,
    want: Want<Params>,
    load: Load<Value>,
    fallback: Fallback<Value> | undefined,
    flight: Flight,
    mode: LeaseMode,
    options: ReadOptions | undefined,
  ): Promise<Value> {
    const deadlineMs = performance.now() + state.policy.loadTimeoutMs;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const grant = await this.acquire(state, want, mode);
      switch (grant.outcome) {
        case 'acquired':
          flight.token = grant.token;
          flight.start(grant.binding);
          return this.loadAndFill(state, want, load, grant, false, fallback, options);
        case 'unavailable':
          flight.start(undefined);
          return this.loadOnly(state, want, load, undefined, fallback, options);
        case 'held': {
          const outcome = await this.awaitFill(state, want, deadlineMs);
          if (outcome === 'late') {
            flight.start(want.binding);
            return this.loadOnly(state, want, load, want.binding, fallback, options);
          }
          break;
        }
        case 'changed':
          try {
            this.look(want, await this.store.read(want.key, want.stampKeys));
          } catch {
            flight.start(undefined);
            return this.loadOnly(state, want, load, undefined, fallback, options);
          }
          break;
      }
      const filled = this.usable(state, want);
      if (filled !== undefined) {
        options?.report?.({ status: 'hit', tier: 'shared', ageMs: Math.max(0, this.clock.nowMs() - loadedAtOf(want.read.entry as Buffer)), remainingMs: undefined });
        if (filled instanceof RememberedFailure) throw filled.error;
        return filled;
      }
    }
    flight.start(want.binding);
    return this.loadOnly(state, want, load, want.binding, fallback, options);
  }

  private look<Params>(want: Want<Params>, read: SharedRead): void {
    want.read = read;
    want.binding = bindingOf(read.epoch, read.stamps);
  }

  private usable<Params, Value>(state: FamilyState<Params, Value>, want: Want<Params>): Value | RememberedFailure | undefined {
    const { verdict } = this.judge(state, want, this.clock.nowMs());
    if (verdict !== 'fresh' && verdict !== 'soft') return undefined;
    const entry = want.read.entry as Buffer;
    const value = this.open(state, want, entry);
    if (value === CORRUPT) return undefined;
    return this.keep(state, want, entry, value, 0);
  }

  /**
   * The lease, the missing stamps and the epoch, asked for in one tick; all answers are in before the load starts.
   * That they are older than the load is what makes the entry safe.
   */
  private async acquire<Params, Value>(state: FamilyState<Params, Value>, want: Want<Params>, mode: LeaseMode): Promise<Grant> {
    const { entry, epoch, stamps } = want.read;
    const nonce = entry === null || isLease(entry) ? '' : nonceOf(entry);
    const token = randomId();
    const missing = want.stampKeys.filter((_, i) => stamps[i] === null);
    try {
      const [outcome, made, currentEpoch] = await Promise.all([
        this.store.acquire(want.key, { token, mode, nonce, leaseMs: this.options.leaseMs }),
        missing.length === 0 ? [] : this.store.makeStamps(missing, this.stampLifeMs * 2),
        epoch ?? this.store.makeEpoch(want.key, want.stampKeys),
      ]);
      if (outcome !== 'acquired') return { outcome };
      let next = 0;
      const binding = bindingOf(
        currentEpoch,
        stamps.map((stamp) => stamp ?? (made[next++] as string)),
      );
      return { outcome, token, binding: binding as Binding };
    } catch {
      state.stats.errors++;
      return { outcome: 'unavailable' };
    }
  }

  /** Waits, with jitter, for the holder of the lease to fill it or to give up. */
  private async awaitFill<Params, Value>(state: FamilyState<Params, Value>, want: Want<Params>, deadlineMs: number): Promise<'look' | 'late'> {
    for (let delayMs = 4; ; delayMs = Math.min(40, delayMs * 1.6)) {
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) return 'late';
      await pauseFor(Math.min(leftMs, delayMs * (0.5 + Math.random())));
      try {
        this.look(want, await this.store.read(want.key, want.stampKeys));
      } catch {
        state.stats.errors++;
        return 'late';
      }
      if (want.read.entry === null || !isLease(want.read.entry)) return 'look';
    }
  }

  private async loadAndFill<Params, Value>(
    state: FamilyState<Params, Value>,
    want: Want<Params>,
    load: Load<Value>,
    grant: { readonly token: string; readonly binding: Binding },
    overEntry: boolean,
    fallback: Fallback<Value> | undefined,
    options: ReadOptions | undefined,
  ): Promise<Value> {
    const { policy, stats } = state;
    const loadedAtMs = this.clock.nowMs();
    const startedMs = performance.now();
    const renewal = this.renewWhile(want.key, grant.token, policy.loadTimeoutMs);
    let value: Value;
    try {
      value = await this.call(state, load);
    } catch (error) {
      clearInterval(renewal);
      return this.loadFailed(state, want, error, grant, overEntry, loadedAtMs, fallback, options);
    }
    clearInterval(renewal);
    const loadMs = performance.now() - startedMs;
    options?.report?.({ status: 'miss', tier: 'source', ageMs: 0, remainingMs: policy.ttlMs });
    const prepared = this.prepare(state, value);
    if (prepared === undefined) {
      await this.release(want.key, grant.token);
      return value;
    }
    await this.fill(state, want, grant, overEntry, prepared.encoded, prepared.value, loadedAtMs, loadMs, this.lifeFor(state, prepared.value, want.params));
    stats.loadLatency.observe(loadMs);
    return prepared.value;
  }

  /** Loads without the right to fill; what is known to be bound may still serve this process. */
  private async loadOnly<Params, Value>(
    state: FamilyState<Params, Value>,
    want: Want<Params>,
    load: Load<Value>,
    binding: Binding | undefined,
    fallback: Fallback<Value> | undefined,
    options: ReadOptions | undefined,
  ): Promise<Value> {
    const loadedAtMs = this.clock.nowMs();
    const startedMs = performance.now();
    let value: Value;
    try {
      value = await this.call(state, load);
    } catch (error) {
      return this.serveFallback(state, error, fallback, options);
    }
    options?.report?.({ status: 'miss', tier: 'source', ageMs: 0, remainingMs: undefined });
    const prepared = this.prepare(state, value);
    if (prepared === undefined) return value;
    const isUsable = !state.family.mutable || binding !== undefined;
    if (isUsable && state.keepsLocal) {
      const hardMs = this.lifeFor(state, prepared.value, want.params);
      this.keepOwn(state, want.key, prepared.value, binding, '', loadedAtMs, hardMs, performance.now() - startedMs, prepared.encoded.payload.length);
    }
    return prepared.value;
  }

  /** What callers get and what is stored, made from what the source gave. Undefined where it must not or can't be stored. */
  private prepare<Params, Value>(state: FamilyState<Params, Value>, value: Value): { readonly value: Value; readonly encoded: EncodedPayload } | undefined {
    if (value === undefined) return undefined;
    const { family } = state;
    try {
      if (value !== null && !(family.definition.isCacheable ?? always)(value)) return undefined;
      const encoded = encodePayload(family, value);
      const copy = roundTrip(family, value);
      return { encoded, value: copy === null ? copy : family.codec.seal(copy) };
    } catch (error) {
      state.stats.errors++;
      this.complain(family.name, messageOf(error));
      return undefined;
    }
  }

  private async fill<Params, Value>(
    state: FamilyState<Params, Value>,
    want: Want<Params>,
    grant: { readonly token: string; readonly binding: Binding },
    overEntry: boolean,
    encoded: EncodedPayload,
    value: Value | undefined,
    loadedAtMs: number,
    loadMs: number,
    hardMs: number,
  ): Promise<void> {
    const { policy, stats } = state;
    if (!(hardMs > 0)) return this.release(want.key, grant.token);
    const nonce = randomId();
    const softMs = policy.softTtlMs === undefined ? 0 : Math.min(policy.softTtlMs, hardMs);
    const entry = encodeEntry({ nonce, format: encoded.format, flags: encoded.flags, loadedAtMs, softMs, hardMs, loadMs, version: 0 }, grant.binding, encoded.payload);
    const lifeMs = hardMs + Math.max(policy.staleMs, policy.staleIfErrorMs);
    if (value !== undefined && state.keepsLocal) this.keepOwn(state, want.key, value, grant.binding, nonce, loadedAtMs, hardMs, loadMs, entry.length);
    try {
      const remainingMs = Math.max(1, lifeMs - Math.round(loadMs));
      if (await this.store.fill(want.key, grant.token, entry, remainingMs, overEntry)) {
        stats.sets++;
        stats.storedBytes += entry.length;
      } else {
        stats.lostLeases++;
      }
      if (want.stampKeys.length > 0) this.store.renewStamps(want.stampKeys, this.stampLifeMs * 2);
    } catch {
      stats.errors++;
    }
  }

  private keepOwn<Params, Value>(
    state: FamilyState<Params, Value>,
    key: string,
    value: Value,
    binding: Binding | undefined,
    nonce: string,
    loadedAtMs: number,
    hardMs: number,
    loadMs: number,
    encodedLength: number,
  ): void {
    if (!(hardMs > 0)) return;
    const softMs = state.policy.softTtlMs === undefined ? 0 : Math.min(state.policy.softTtlMs, hardMs);
    this.local.set(key, { value, binding, nonce, loadedAtMs, softMs, hardMs, loadMs, bytes: state.family.codec.weigh(encodedLength) });
  }

  private async loadFailed<Params, Value>(
    state: FamilyState<Params, Value>,
    want: Want<Params>,
    error: unknown,
    grant: { readonly token: string; readonly binding: Binding },
    overEntry: boolean,
    loadedAtMs: number,
    fallback: Fallback<Value> | undefined,
    options: ReadOptions | undefined,
  ): Promise<Value> {
    const { failures } = state.family.definition;
    const remembered = fallback === undefined && !overEntry ? failures?.encode(error) : undefined;
    if (failures !== undefined && remembered !== undefined) {
      await this.fill(state, want, grant, overEntry, encodeFailure(state.family, remembered), undefined, loadedAtMs, 0, failures.ttlMs);
    } else {
      await this.release(want.key, grant.token);
    }
    return this.serveFallback(state, error, fallback, options);
  }

  private serveFallback<Params, Value>(state: FamilyState<Params, Value>, error: unknown, fallback: Fallback<Value> | undefined, options: ReadOptions | undefined): Value {
    if (fallback === undefined) throw error;
    state.stats.staleHits++;
    const ageMs = this.clock.nowMs() - fallback.loadedAtMs;
    options?.report?.({ status: 'stale', tier: 'shared', ageMs, remainingMs: fallback.hardMs - ageMs });
    this.logger.debug(`The source of ${state.family.name} failed; an expired value is served: ${messageOf(error)}`);
    return fallback.value;
  }

  private lifeFor<Params, Value>(state: FamilyState<Params, Value>, value: Value, params: Params): number {
    const { policy, family } = state;
    const base = value === null && policy.negativeTtlMs !== undefined ? policy.negativeTtlMs : policy.ttlMs;
    const spread = Math.round(base * (1 - policy.jitter * Math.random()));
    const own = value === null ? undefined : family.definition.ttlOf?.(value, params);
    return Math.min(spread, own === undefined ? spread : Math.floor(own));
  }

  private async call<Params, Value>(state: FamilyState<Params, Value>, load: Load<Value>): Promise<Value> {
    state.stats.loads++;
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), state.policy.loadTimeoutMs);
    try {
      return await load({ signal: controller.signal });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Keeps a lease while its holder loads, up to the load timeout: then others may. */
  private renewWhile(key: string, token: string, loadTimeoutMs: number): NodeJS.Timeout {
    const untilMs = performance.now() + loadTimeoutMs;
    const timer = setInterval(() => {
      if (performance.now() > untilMs) return clearInterval(timer);
      this.inBackground(this.store.renew(key, token, this.options.leaseMs));
    }, this.options.leaseMs / 3);
    timer.unref();
    return timer;
  }

  private async release(key: string, token: string): Promise<void> {
    try {
      await this.store.release(key, token);
    } catch {
      // The lease ends by itself.
    }
  }

  /** One refresh of a key at a time: in this process by the set, across processes by the lease over the entry. */
  private refreshLater<Params, Value>(state: FamilyState<Params, Value>, params: Params, key: string, load: Load<Value>, nonce: string): void {
    if (this.refreshing.has(key) || nonce === '' || !this.store.isOpen) return;
    this.refreshing.add(key);
    this.inBackground(this.refresh(state, params, key, load, nonce).finally(() => this.refreshing.delete(key)));
  }

  private async refresh<Params, Value>(state: FamilyState<Params, Value>, params: Params, key: string, load: Load<Value>, nonce: string): Promise<void> {
    const stampKeys = this.stampKeysOf(state.family, params);
    const read = await this.store.read(key, stampKeys);
    if (read.entry === null || !isEntry(read.entry) || nonceOf(read.entry) !== nonce) return;
    const want: Want<Params> = { params, key, stampKeys, read, binding: bindingOf(read.epoch, read.stamps) };
    const grant = await this.acquire(state, want, 'over-entry');
    if (grant.outcome !== 'acquired') return;
    state.stats.refreshes++;
    await this.loadAndFill(state, want, load, grant, true, undefined, undefined);
  }

  /** The cache is off, or the caller is inside a transaction and must see its own writes. */
  private async loadBeside<Params, Value>(state: FamilyState<Params, Value>, load: Load<Value>, options: ReadOptions | undefined): Promise<Value> {
    state.stats.bypasses++;
    options?.report?.({ status: 'bypass', tier: 'source', ageMs: 0, remainingMs: undefined });
    return this.call(state, load);
  }

  /** The shared tier can't be asked, or not be trusted for these tags. What the key determines is still shared and kept here. */
  private async loadAway<Params, Value>(state: FamilyState<Params, Value>, params: Params, key: string, load: Load<Value>, options: ReadOptions | undefined): Promise<Value> {
    if (state.family.mutable) {
      state.stats.bypasses++;
      options?.report?.({ status: 'bypass', tier: 'source', ageMs: 0, remainingMs: undefined });
      const value = await this.call(state, load);
      return this.prepare(state, value)?.value ?? value;
    }
    const running = this.flights.find(key);
    state.stats.misses++;
    if (running !== undefined) {
      state.stats.coalesced++;
      return this.share(state, (await running.promise) as Value);
    }
    const flight = this.flights.begin(key);
    try {
      const want: Want<Params> = { params, key, stampKeys: [], read: { entry: null, epoch: null, stamps: [] }, binding: undefined };
      const value = await this.loadOnly(state, want, load, undefined, undefined, options);
      flight.settle.resolve(value);
      return this.share(state, value);
    } catch (error) {
      flight.settle.reject(error);
      throw error;
    } finally {
      this.flights.end(key, flight);
    }
  }

  private async store_<Params, Value>(family: ImmutableFamily<Params, Value>, params: Params, value: Value, version: number, onlyIfNewer: boolean): Promise<boolean> {
    const state = this.stateOf(family);
    if (!this.options.enabled || !state.policy.enabled) return false;
    const prepared = this.prepare(state, value);
    if (prepared === undefined) return false;
    const key = family.entryKey(this.space, params);
    const stampKeys = this.stampKeysOf(family, params);
    const loadedAtMs = this.clock.nowMs();
    const hardMs = this.lifeFor(state, prepared.value, params);
    if (!(hardMs > 0)) return false;
    try {
      const [stamps, epoch] = await Promise.all([stampKeys.length === 0 ? [] : this.store.makeStamps(stampKeys, this.stampLifeMs * 2), this.store.makeEpoch(key, stampKeys)]);
      const binding = bindingOf(epoch, stamps) as Binding;
      const nonce = randomId();
      const { encoded } = prepared;
      const entry = encodeEntry({ nonce, format: encoded.format, flags: encoded.flags, loadedAtMs, softMs: 0, hardMs, loadMs: 0, version }, binding, encoded.payload);
      if (!(await this.store.put(key, entry, hardMs, onlyIfNewer))) {
        this.local.delete(key);
        return false;
      }
      state.stats.sets++;
      state.stats.storedBytes += entry.length;
      if (state.keepsLocal) this.keepOwn(state, key, prepared.value, binding, nonce, loadedAtMs, hardMs, 0, entry.length);
      return true;
    } catch {
      state.stats.errors++;
      return false;
    }
  }

  private async deletePrefix<Params, Value>(prefix: string, state: FamilyState<Params, Value>): Promise<number> {
    let cursor = '0';
    let deleted = 0;
    do {
      const page = await this.store.scan(prefix, cursor, 500);
      deleted += await this.store.deleteKeys(page.keys);
      cursor = page.cursor;
    } while (cursor !== '0');
    state.stats.deletes += deleted;
    return deleted;
  }

  /** Compares a hit with its source. A difference counts only where nothing was invalidated meanwhile. */
  private async probe<Params, Value>(state: FamilyState<Params, Value>, params: Params, binding: Binding, value: Value, load: Load<Value>): Promise<void> {
    const fromSource = this.prepare(state, await this.call(state, load));
    const stampKeys = this.stampKeysOf(state.family, params);
    const after = await this.store.read(undefined, stampKeys);
    if (fromSource === undefined || this.invalidations.isSuspect(stampKeys) || bindingOf(after.epoch, after.stamps) !== binding) return;
    state.stats.driftProbes++;
    const served = encodePayload(state.family, value);
    if (served.payload.equals(fromSource.encoded.payload)) return;
    state.stats.drifts++;
    this.logger.error(`A cached value of ${state.family.name} differs from its source though nothing invalidated it: a write does not fire its tags.`);
  }

  private inBackground(work: Promise<unknown>): void {
    const running = work.catch((error: unknown) => this.logger.debug(`Work in the background failed: ${messageOf(error)}`)).finally(() => this.background.delete(running));
    this.background.add(running);
  }

  /** Once per family and reason: a value that can't be cached costs every call, so it is told, but not every time. */
  private complain(family: string, reason: string): void {
    const text = `${family}: ${reason}`;
    if (this.complained.has(text) || this.complained.size > 1_000) return;
    this.complained.add(text);
    this.logger.warn(`Cache family ${text}`);
  }
}

const CORRUPT = Symbol('corrupt');

class RememberedFailure {
  constructor(readonly error: Error) {}
}

/** Gathers the misses of one `getMany` into one load: it starts when every key is either answered or waiting. */
class BulkLoad<Params, Value> {
  private readonly open: Set<Params>;
  private waiting = new Map<Params, { resolve(value: Value): void; reject(error: unknown): void }>();
  private context: LoadContext | undefined;

  constructor(
    all: readonly Params[],
    private readonly loadMany: LoadMany<Params, Value>,
  ) {
    this.open = new Set(all);
  }

  /** This key needs no load: it was answered, or its load is done. */
  answered(params: Params): void {
    if (this.open.delete(params)) this.startWhenComplete();
  }

  load(params: Params, context: LoadContext): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.waiting.set(params, { resolve, reject });
      this.context ??= context;
      this.open.delete(params);
      this.startWhenComplete();
    });
  }

  private startWhenComplete(): void {
    if (this.waiting.size === 0) return;
    if (this.open.size === 0) return void this.start();
    // Keys that wait for another process's load must not hold up the others for long.
    setTimeout(() => void this.start(), 20).unref();
  }

  private async start(): Promise<void> {
    const { waiting, context } = this;
    if (waiting.size === 0 || context === undefined) return;
    this.waiting = new Map();
    const missing = [...waiting.keys()];
    try {
      const values = await this.loadMany(missing, context);
      missing.forEach((params, i) => waiting.get(params)?.resolve(values[i] as Value));
    } catch (error) {
      for (const { reject } of waiting.values()) reject(error);
    }
  }
}

function cellHolds(entry: Buffer, token: string): boolean {
  const cell = cellOf(entry);
  return cell.kind === 'lease' && cell.token === token;
}

/** How long an entry of this policy may stay on a server. */
function lifeOf(policy: FamilyPolicy): number {
  return policy.ttlMs + Math.max(policy.staleMs, policy.staleIfErrorMs);
}

function addStats(sum: FamilyStats, one: FamilyStats): void {
  for (const key of Object.keys(one) as (keyof FamilyStats)[]) {
    const value = one[key];
    if (typeof value === 'number') (sum[key] as number) += value;
    else (sum[key] as typeof value).add(value);
  }
}

function pauseFor(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
