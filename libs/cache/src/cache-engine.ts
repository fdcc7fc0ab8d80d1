import { EventEmitter } from 'node:events';
import type { Clock } from '#kernel';
import { Logger } from '@nestjs/common';
import { type CacheEngineOptions, CacheService, DEFAULT_ENGINE_OPTIONS } from './cache.service.js';
import { KeySpace } from './cache-key.js';
import { AloneMarks } from './coherence/alone-marks.js';
import { type Coherence, NoCoherence } from './coherence/coherence.js';
import { RedisCoherence } from './coherence/redis-coherence.js';
import { FamilySettingsService, type FamilySettingsStore, InMemoryFamilySettings } from './family-settings.js';
import type { CacheHealthReport } from './health.js';
import { DEFAULT_INVALIDATION_TIMING, InvalidationService, type InvalidationTiming } from './outbox/invalidation.service.js';
import { type InvalidationOutbox, NoOutbox } from './outbox/invalidation-outbox.js';
import { LocalTier, type LocalTierLimits } from './stores/local-tier.js';
import { MemoryStore } from './stores/memory-store.js';
import { NoStore } from './stores/no-store.js';
import { DEFAULT_REDIS_OPTIONS, RedisStore, type RedisStoreOptions } from './stores/redis/redis-store.js';
import { parseRedisUrl } from './stores/redis/redis-url.js';
import type { SharedStore } from './stores/shared-store.js';

export interface CacheSettings extends Partial<CacheEngineOptions> {
  /** See `parseRedisUrl`. Absent: in process where `singleProcess`, else immutable families alone. */
  readonly redisUrl?: string;
  /** This process is the only one on its database. Ignored where `redisUrl` is set. */
  readonly singleProcess?: boolean;
  readonly namespace?: string;
  readonly local?: Partial<LocalTierLimits>;
  /** Bytes of the in-process store that stands in for Redis. */
  readonly memoryStoreBytes?: number;
  readonly redis?: Partial<RedisStoreOptions>;
  readonly invalidation?: Partial<InvalidationTiming>;
}

/** What the engine needs from outside. */
export interface CachePorts {
  readonly clock: Clock;
  /** Needed where a shared tier outlives this process. */
  readonly outbox?: InvalidationOutbox;
  readonly familySettings?: FamilySettingsStore;
}

/**
 * - `shared`: Redis or Valkey.
 * - `in-process`: one process, the same promise without a server.
 * - `immutable-only`: several processes without a server.
 */
export type CacheMode = 'shared' | 'in-process' | 'immutable-only';

export interface CacheEvents {
  /** The shared tier answers; what the server lacks is named. */
  opened: [lacks: readonly string[]];
  closed: [reason: string];
  invalidatedAll: [];
}

const DEFAULT_LOCAL: LocalTierLimits = { maxBytes: 64 * 1024 * 1024, maxEntries: 100_000 };

/** The parts of the cache, put together and started as one. Nest's module wraps it; tests and benchmarks use it bare. */
export class CacheEngine {
  private readonly logger = new Logger('Cache');
  readonly mode: CacheMode;
  readonly cache: CacheService;
  readonly settings: FamilySettingsService;
  readonly events = new EventEmitter<CacheEvents>();
  private readonly space: KeySpace;
  private readonly store: SharedStore;
  private readonly coherence: Coherence;
  private readonly invalidations: InvalidationService;
  private lastLacks = '';

  /** @throws RedisUrlError for a malformed URL: the cache is never off by a typing error. */
  constructor(settings: CacheSettings, ports: CachePorts) {
    const { clock } = ports;
    this.space = new KeySpace(settings.namespace);
    const marks = new AloneMarks();
    const local = new LocalTier({ ...DEFAULT_LOCAL, ...settings.local }, (key) => marks.drop(key));
    if (settings.redisUrl !== undefined) {
      this.mode = 'shared';
      const store = new RedisStore(parseRedisUrl(settings.redisUrl), this.space, this.listener(local), { ...DEFAULT_REDIS_OPTIONS, ...settings.redis });
      this.store = store;
      this.coherence = new RedisCoherence(() => store, this.space, { changed: (keys) => this.cache.forgetLocal(keys), lost: () => this.cache.forgetAllLocal() });
    } else {
      this.mode = settings.singleProcess === true ? 'in-process' : 'immutable-only';
      this.store = settings.singleProcess === true ? new MemoryStore(clock, settings.memoryStoreBytes) : new NoStore();
      this.coherence = new NoCoherence();
    }
    this.invalidations = new InvalidationService(
      this.store,
      this.outboxFor(ports.outbox),
      this.coherence,
      this.space,
      clock,
      (stampKeys) => this.cache.forgetLocal(stampKeys),
      { ...DEFAULT_INVALIDATION_TIMING, ...settings.invalidation },
    );
    this.cache = new CacheService(this.store, local, this.invalidations, this.coherence, marks, this.space, clock, {
      enabled: settings.enabled ?? DEFAULT_ENGINE_OPTIONS.enabled,
      leaseMs: settings.leaseMs ?? DEFAULT_ENGINE_OPTIONS.leaseMs,
      driftSampleRate: settings.driftSampleRate ?? DEFAULT_ENGINE_OPTIONS.driftSampleRate,
    });
    this.settings = new FamilySettingsService(ports.familySettings ?? new InMemoryFamilySettings(), this.cache);
  }

  /** Starts the parts. A shared tier that is away delays nothing and is found when it appears. */
  async start(): Promise<void> {
    if (this.mode === 'immutable-only') {
      this.logger.warn('No Redis is configured and several processes may run: only immutable families are cached. Set REDIS_URL, or KEEPSAKE_SINGLE_PROCESS=true where this process is alone.');
    }
    await this.settings.start();
    if (this.mode === 'shared') this.invalidations.start();
    if (this.store instanceof RedisStore) await this.store.start();
  }

  /** Stops the parts; loads and refreshes under way end first. */
  async stop(): Promise<void> {
    this.settings.stop();
    await this.cache.settled();
    await this.invalidations.stop();
    this.coherence.close();
    await this.store.close();
  }

  /** The state now; nothing of it is remembered. */
  health(): CacheHealthReport {
    const { store, invalidations, cache } = this;
    const redis = store instanceof RedisStore ? store : undefined;
    return {
      mode: this.mode,
      enabled: cache.options.enabled,
      status: !cache.options.enabled ? 'off' : this.mode === 'immutable-only' ? 'degraded' : store.isOpen && !invalidations.hasSuspects && (redis?.isWhole ?? true) ? 'up' : 'degraded',
      breaker: this.mode === 'shared' ? (store.isOpen ? 'closed' : 'open') : 'none',
      problem: this.mode === 'immutable-only' ? 'no Redis and several processes: only immutable families are cached' : redis?.problem,
      server: redis?.facts === undefined ? undefined : `${redis.facts.product} ${redis.facts.version}`.trim(),
      lacks: redis?.lacks ?? [],
      coherence: this.coherence.kind,
      oldestInvalidationMs: Math.round(invalidations.oldestRowAgeMs),
      bypassing: invalidations.hasSuspects,
      local: { entries: cache.local.size, bytes: cache.local.usedBytes, maxBytes: cache.local.limits.maxBytes, evictions: cache.local.evictions },
    };
  }

  /** The client for facades that speak Redis themselves; undefined without Redis. */
  get redisStore(): RedisStore | undefined {
    return this.store instanceof RedisStore ? this.store : undefined;
  }

  /** Counters of the invalidation path, for the metrics. */
  get invalidationCounts(): { readonly delivered: number; readonly relayed: number; readonly unconfirmed: number } {
    const { delivered, relayed, unconfirmedAnswers } = this.invalidations;
    return { delivered, relayed, unconfirmed: unconfirmedAnswers };
  }

  private outboxFor(outbox: InvalidationOutbox | undefined): InvalidationOutbox {
    if (outbox === undefined) return new NoOutbox();
    return this.mode === 'shared' ? outbox : new LocalOutbox(outbox);
  }

  private listener(local: LocalTier): ConstructorParameters<typeof RedisStore>[2] {
    return {
      beforeOpen: async () => {
        await this.invalidations.settleBeforeOpen();
        this.cache.forgetAllLocal();
        await this.coherence.rearm();
      },
      opened: (facts, lacks) => {
        const text = lacks.join('; ');
        if (text !== this.lastLacks && text !== '') this.logger.warn(`The Redis server works, but: ${text}`);
        this.lastLacks = text;
        this.logger.log(`The shared tier answers${facts === undefined ? '' : ` (${facts.product} ${facts.version})`}.`);
        this.events.emit('opened', lacks);
      },
      closed: (reason) => {
        this.logger.warn(`The shared tier is away (${reason}); the sources answer.`);
        this.events.emit('closed', reason);
      },
      epochChanged: () => {
        local.clear();
        this.events.emit('invalidatedAll');
      },
    };
  }
}

/** The transactions of the real outbox without its rows: nothing outlives a shared tier inside this process. */
class LocalOutbox extends NoOutbox {
  constructor(private readonly outbox: InvalidationOutbox) {
    super();
  }

  override get inTransaction(): boolean {
    return this.outbox.inTransaction;
  }

  override afterCommit(hook: () => Promise<void> | void): Promise<void> {
    return this.outbox.afterCommit(hook);
  }

  override close(): Promise<void> {
    return this.outbox.close();
  }
}
