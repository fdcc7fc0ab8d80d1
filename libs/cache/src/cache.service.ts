import { Logger } from '@nestjs/common';
import { messageOf } from '#kernel';
import type { CacheFamily, FamilySettings, ImmutableFamily } from './families/family.js';
import { encodeKeyParts, type KeyPart, type KeySpace, PLATFORM_SCOPE } from './families/key.js';
import { type FamilyListing, FamilyRegistry } from './families/registry.js';
import type { Tag } from './families/tag.js';
import { type CacheStatsReport, FamilyStats, reportStats } from './metrics/family-stats.js';
import { WarnOnce } from './metrics/warn-once.js';
import { BackgroundWork, DriftProbe } from './read/background-work.js';
import { readMany } from './read/bulk-read.js';
import { CacheReader } from './read/cache-reader.js';
import { type FoundEntries, scanEntries, type SoughtContent } from './read/entry-scan.js';
import { EntryWriter, ImmutableWrites } from './read/entry-writer.js';
import { SingleFlight } from './read/load-sharing.js';
import { LocalReader } from './read/local-reader.js';
import { MissHandler } from './read/miss-handler.js';
import type { Load, LoadMany, ReadOptions } from './read/read-options.js';
import type { CacheEngineOptions, CacheParts } from './read/reading.js';
import { SharedReader } from './read/shared-reader.js';
import { SourceLoader } from './read/source-loader.js';
import type { LocalTier } from './stores/local-tier.js';
import type { SharedStore } from './stores/shared-store.js';

/** Something to load and store again after a write: see `CacheService.invalidate`. */
export interface Refill {
  run(cache: CacheService): Promise<void>;
}

const SCAN_PAGE = 500;

/**
 * The one way through the cache.
 *
 * A read that starts after a write was acknowledged returns that write or a later one, on every process. The shared
 * tier being unavailable, slow or broken costs speed: the source answers. Errors of the source are errors of the caller.
 * Values that several callers may hold are frozen (typed arrays are copied).
 *
 * Safe for any number of concurrent callers.
 */
export class CacheService {
  private readonly logger = new Logger('Cache');
  private readonly background = new BackgroundWork();
  private readonly registry: FamilyRegistry;
  private readonly reads: CacheReader;
  private readonly immutableWrites: ImmutableWrites;
  private since: number;

  constructor(private readonly parts: CacheParts) {
    const { background } = this;
    const warnOnce = new WarnOnce();
    this.registry = new FamilyRegistry(parts.defaultTtlMs);
    const drift = new DriftProbe(parts, background, warnOnce);
    const shared = new SharedReader(parts, drift, background, warnOnce);
    const fills = new EntryWriter(parts, this.registry, background);
    const source = new SourceLoader(parts, fills, background, warnOnce);
    const flights = new SingleFlight();
    parts.erasures.whenDropped(() => flights.forgetAll());
    const misses = new MissHandler(parts, this.registry, flights, shared, source, background);
    this.reads = new CacheReader(parts, new LocalReader(parts, drift), shared, misses, source);
    this.immutableWrites = new ImmutableWrites(parts, this.registry, fills, warnOnce);
    this.since = parts.clock.nowMs();
  }

  get store(): SharedStore {
    return this.parts.store;
  }

  get local(): LocalTier {
    return this.parts.local;
  }

  get space(): KeySpace {
    return this.parts.space;
  }

  get options(): CacheEngineOptions {
    return this.parts.options;
  }

  /**
   * The value from the cache, else from `load`, whose answer is stored. `undefined` is not stored; `null` is a value.
   * One load of a key runs at a time, in this process and across processes, while the shared tier answers.
   * @throws whatever `load` throws, unless the family allows an expired value instead
   */
  getOrSet<Params, Value>(
    family: CacheFamily<Params, Value>,
    params: Params,
    load: Load<Value>,
    options?: ReadOptions,
  ): Promise<Value> {
    const state = this.registry.stateOf(family);
    const span = this.parts.spans.beginRead('cache.read', family.name);
    if (span === undefined) return this.reads.read(state, params, load, options);
    return span.until(this.reads.read(state, params, span.loading(load), span.reporting(options)));
  }

  /**
   * Like `getOrSet` for many, in the order asked: one read for all, one load for all that is missing. Equal keys are
   * read and loaded once.
   */
  getMany<Params, Value>(
    family: CacheFamily<Params, Value>,
    all: readonly Params[],
    loadMany: LoadMany<Params, Value>,
  ): Promise<(Value | undefined)[]> {
    const { spans, space } = this.parts;
    const state = this.registry.stateOf(family);
    const span = spans.beginRead('cache.read-many', family.name);
    if (span === undefined) return readMany(this.reads, space, state, all, loadMany);
    return span.until(readMany(this.reads, space, state, all, span.loadingMany(loadMany), span.reportingEach));
  }

  /** Counts money that hits of a family saved, where the caller knows it and a value does not say it (`costOf`). */
  noteSaved<Params, Value>(family: CacheFamily<Params, Value>, usd: number): void {
    this.registry.stateOf(family).stats.savedUsd += usd;
  }

  /** The value from the cache, or undefined; the source is not asked. */
  async get<Params, Value>(family: CacheFamily<Params, Value>, params: Params): Promise<Value | undefined> {
    const state = this.registry.stateOf(family);
    if (!this.parts.options.enabled || !state.policy.enabled) return undefined;
    return this.parts.spans.operate('cache.get', () => this.reads.get(state, params));
  }

  /** Whether the shared tier holds a valid entry, null and remembered failures included. */
  async has<Params, Value>(family: CacheFamily<Params, Value>, params: Params): Promise<boolean> {
    return (await this.ttl(family, params)) !== undefined;
  }

  /** Milliseconds until the entry of the shared tier expires; undefined where there is no valid one. */
  async ttl<Params, Value>(family: CacheFamily<Params, Value>, params: Params): Promise<number | undefined> {
    return this.reads.ttlMs(this.registry.stateOf(family), params);
  }

  /** Stores a value that its key determines. False: the shared tier is unavailable, or the value can't be stored. */
  async set<Params, Value>(family: ImmutableFamily<Params, Value>, params: Params, value: Value): Promise<boolean> {
    return this.isOn(family) && this.immutableWrites.store(family, params, value);
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
    await this.parts.invalidations.invalidate(tags, () => {
      for (const refill of refills) this.background.start(() => refill.run(this));
    });
  }

  /**
   * Removes everything that the caches hold of a workspace, of every family and tier, on every process: for deletions
   * for good. Entries that fell by their tags are never served, but they would stay until they expire.
   *
   * Inside a transaction: after its commit and before its caller is answered; never after a rollback. Outside: now. Where the shared
   * tier is unavailable, its entries go when it is back; nobody serves them from `invalidationBoundMs` on at the latest.
   * @param workspace null for what belongs to the platform itself, such as verified credentials
   * @param waits false for one of many deletions: the caller of the last one waits
   */
  erase(workspace: string | null, { waits = true }: { readonly waits?: boolean } = {}): Promise<void> {
    return this.parts.invalidations.erase(workspace, waits);
  }

  /** Counts entries of a workspace and of the platform that hold what is sought. @throws StoreUnavailableError */
  scanFor(workspace: string, sought: SoughtContent): Promise<FoundEntries> {
    return scanEntries(this.parts, this.registry, workspace, sought);
  }

  /**
   * Resolves when a write may be answered, also one that wrote nothing: every read that starts afterwards, on every
   * process, then sees what its work has seen, whoever wrote it; at the latest after `invalidationBoundMs`.
   * @param seenMsAgo how long ago its work last read from the database, in milliseconds
   */
  acknowledged(seenMsAgo: number): Promise<void> {
    return this.parts.invalidations.acknowledged(seenMsAgo);
  }

  /** A refill for `invalidate`: the entry is written through, loaded as a reader would. */
  refill<Params, Value>(family: CacheFamily<Params, Value>, params: Params, load: Load<Value>): Refill {
    return { run: (cache) => cache.warm(family, params, load) };
  }

  /** Loads and stores the entry now, replacing whatever is there. Errors of the source are counted, not thrown. */
  async warm<Params, Value>(family: CacheFamily<Params, Value>, params: Params, load: Load<Value>): Promise<void> {
    try {
      await this.getOrSet(family, params, load, { mode: 'refresh' });
    } catch (error) {
      this.registry.stateOf(family).stats.errors++;
      this.logger.debug(`Warming ${family.name} failed: ${messageOf(error)}`);
    }
  }

  /** Invalidates everything of this namespace; nobody else's keys are touched. False: the shared tier is unavailable. */
  async clear(): Promise<boolean> {
    const { local, store } = this.parts;
    local.clear();
    try {
      await store.unlinkEpoch();
      return true;
    } catch (error) {
      this.logger.warn(`The cache could not be cleared: ${messageOf(error)}`);
      return false;
    }
  }

  /**
   * Deletes the entries of one family (of one scope of it), for administrators and for erasure; a scan over the whole
   * server. Other families' and others' keys stay. Answers how many the shared tier held.
   * @param scope the workspace, then the project or the principal, as the family is scoped
   * @throws StoreUnavailableError while the shared tier is unavailable
   */
  async deleteEntries<Params, Value>(
    family: CacheFamily<Params, Value>,
    scope: readonly KeyPart[] = [],
  ): Promise<number> {
    const { store, local, space } = this.parts;
    const prefix = family.keyPrefix(space) + (scope.length === 0 ? '' : `${encodeKeyParts(scope)}:`);
    local.deletePrefix(prefix);
    let cursor = '0';
    let deleted = 0;
    do {
      const page = await store.scan(prefix, cursor, SCAN_PAGE);
      deleted += await store.deleteKeys(page.keys);
      cursor = page.cursor;
    } while (cursor !== '0');
    this.registry.stateOf(family).stats.deletes += deleted;
    return deleted;
  }

  /**
   * Adds to a counter that lives `lifeMs` from its first count; it is never left without a life. Undefined while the
   * shared tier is unavailable.
   * @param workspace null for a counter of the platform itself
   */
  async increment(
    workspace: string | null,
    name: KeyPart | readonly KeyPart[],
    by: number,
    lifeMs: number,
  ): Promise<number | undefined> {
    const { store, space, spans } = this.parts;
    const scope = workspace === null ? PLATFORM_SCOPE : encodeKeyParts(workspace);
    try {
      return await spans.operate('cache.count', () =>
        store.increment(`${space.counterPrefix}${scope}:${encodeKeyParts(name)}`, by, lifeMs),
      );
    } catch {
      return undefined;
    }
  }

  stats(): CacheStatsReport {
    return reportStats(this.rawStats(), this.since);
  }

  resetStats(): void {
    for (const state of this.registry.states()) state.stats = new FamilyStats();
    this.parts.local.evictions = 0;
    this.since = this.parts.clock.nowMs();
  }

  /** The statistics as they are counted, by family, for the metrics. */
  *rawStats(): Iterable<readonly [string, FamilyStats]> {
    for (const { family, stats } of this.registry.states()) yield [family.name, stats];
  }

  /** Makes families known before their first use, so that listings and settings show them. */
  register(...families: readonly { readonly name: string }[]): void {
    for (const family of families) this.registry.stateOf(family as CacheFamily<never, unknown>);
  }

  families(): FamilyListing[] {
    return this.registry.listing();
  }

  isEnabled(name: string): boolean {
    return this.registry.find(name)?.policy.enabled !== false;
  }

  findFamily(name: string): CacheFamily<never, unknown> | undefined {
    return this.registry.find(name)?.family;
  }

  /** Puts run-time settings in force: a family that is absent from the map is as declared. */
  applySettings(settings: ReadonlyMap<string, FamilySettings>): void {
    this.registry.apply(settings);
  }

  /** Waits for what runs in the background. */
  settled(): Promise<void> {
    return this.background.settled();
  }

  private isOn<Params, Value>(family: CacheFamily<Params, Value>): boolean {
    return this.parts.options.enabled && this.registry.stateOf(family).policy.enabled;
  }
}
