import { EventEmitter } from 'node:events';
import { parseRedisUrl } from '#config';
import type { Clock } from '#kernel';
import { Logger } from '@nestjs/common';
import { CacheService } from './cache.service.js';
import { KeySpace } from './families/key.js';
import { FamilySettingsService, type FamilySettingsStore, InMemoryFamilySettings } from './families/family-settings.js';
import { Erasures } from './outbox/erasures.js';
import { InvalidationService } from './outbox/invalidation.service.js';
import { type BeginSpan, CacheSpans, type ReportRead } from './metrics/cache-spans.js';
import { type InvalidationOutbox, NoOutbox } from './outbox/invalidation-outbox.js';
import { DEFAULT_INVALIDATION_TIMING, type InvalidationTiming } from './outbox/invalidation-timing.js';
import { OutboxRelay } from './outbox/outbox-relay.js';
import { StampRemover } from './outbox/stamp-remover.js';
import { type CacheEngineOptions, DEFAULT_ENGINE_OPTIONS, DEFAULT_TTL_MS } from './read/reading.js';
import { LocalTier, type LocalTierLimits } from './stores/local-tier.js';
import { MemoryStore } from './stores/memory-store.js';
import { NoStore } from './stores/no-store.js';
import { RedisStore } from './stores/redis/redis-store.js';
import type { PrimaryRecord } from './stores/redis/primary-record.js';
import { readServerStates, type ServerState } from './stores/redis/server-facts.js';
import { DEFAULT_REDIS_OPTIONS, type RedisStoreOptions } from './stores/redis/redis-store-options.js';
import type { SharedStore } from './stores/shared-store.js';

/**
 * - `shared`: Redis or Valkey.
 * - `in-process`: one process, the same promise without a server.
 * - `immutable-only`: several processes without a server.
 */
type CacheMode = 'shared' | 'in-process' | 'immutable-only';

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

export interface CacheSettings extends Partial<CacheEngineOptions> {
  /** See `parseRedisUrl` of `#config`. Absent: in process where `singleProcess`, else immutable families alone. */
  readonly redisUrl?: string;
  /** This process is the only one on its database. */
  readonly singleProcess?: boolean;
  readonly namespace?: string;
  /** TTL of families that declare none. */
  readonly defaultTtlMs?: number;
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
  /** Needed where a primary that was replaced may take over again. */
  readonly primaries?: PrimaryRecord;
  /** Absent: nobody hears what callers wait for. */
  readonly beginSpan?: BeginSpan;
  /** Hears how reads were answered; absent: nobody does. */
  readonly reportRead?: ReportRead;
  /** Uniform in (0, 1]; for tests. */
  readonly random?: () => number;
}

interface CacheEvents {
  /** The shared tier answers; what the server does not have is named. */
  opened: [missingFeatures: readonly string[]];
  closed: [reason: string];
  /** Everything is invalid: somebody cleared the cache, or the server is another or an older one. */
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
  private readonly store: SharedStore;
  private readonly local: LocalTier;
  private readonly relay: OutboxRelay;
  private readonly invalidations: InvalidationService;
  private readonly watchesOthers: boolean;
  private lastLacks = '';
  /** How often the shared tier became unavailable. */
  disconnects = 0;

  /** @throws RedisUrlError for a malformed URL: the cache is never off by a typing error. */
  constructor(settings: CacheSettings, ports: CachePorts) {
    const { clock } = ports;
    const space = new KeySpace(settings.namespace);
    this.local = new LocalTier({ ...DEFAULT_LOCAL, ...settings.local });
    if (settings.redisUrl !== undefined) {
      this.mode = 'shared';
      const options = { ...DEFAULT_REDIS_OPTIONS, ...settings.redis };
      const target = parseRedisUrl(settings.redisUrl);
      this.store = new RedisStore(target, space, this.listener(), options, ports.primaries);
    } else {
      this.mode = settings.singleProcess === true ? 'in-process' : 'immutable-only';
      this.store = settings.singleProcess === true ? new MemoryStore(clock, settings.memoryStoreBytes) : new NoStore();
    }
    const outbox = ports.outbox ?? new NoOutbox();
    const timing = { ...DEFAULT_INVALIDATION_TIMING, ...settings.invalidation };
    const stamps = new StampRemover(this.store, space, this.mode === 'shared');
    const othersWrite = ports.outbox !== undefined && settings.singleProcess !== true;
    const storeOf = { shared: 'shared', 'in-process': 'own', 'immutable-only': 'none' } as const;
    const reach = { store: storeOf[this.mode], othersWrite };
    const erasures = new Erasures(outbox, this.store, this.local, space, timing, reach);
    this.watchesOthers = this.mode === 'shared' || othersWrite;
    this.relay = new OutboxRelay(outbox, stamps, timing, erasures, othersWrite, async () =>
      this.redisStore?.confirmTerm(),
    );
    const spans = new CacheSpans(ports.beginSpan, ports.reportRead);
    this.invalidations = new InvalidationService(outbox, this.relay, stamps, timing, erasures, spans, othersWrite);
    this.cache = new CacheService({
      store: this.store,
      local: this.local,
      invalidations: this.invalidations,
      erasures,
      space,
      clock,
      spans,
      options: {
        enabled: settings.enabled ?? DEFAULT_ENGINE_OPTIONS.enabled,
        leaseMs: settings.leaseMs ?? DEFAULT_ENGINE_OPTIONS.leaseMs,
        driftSampleRate: settings.driftSampleRate ?? DEFAULT_ENGINE_OPTIONS.driftSampleRate,
      },
      random: ports.random ?? (() => 1 - Math.random()),
      defaultTtlMs: settings.defaultTtlMs ?? DEFAULT_TTL_MS,
    });
    this.settings = new FamilySettingsService(ports.familySettings ?? new InMemoryFamilySettings(), this.cache);
  }

  /** Starts the parts. A shared tier that is unavailable delays nothing and is found when it appears. */
  async start(): Promise<void> {
    if (this.mode === 'immutable-only') {
      this.logger.warn(
        'No Redis is configured and several processes may run: only immutable families are cached. Set REDIS_URL, or KEEPSAKE_SINGLE_PROCESS=true where this process is alone.',
      );
    }
    await this.settings.start();
    if (this.watchesOthers) await this.relay.start();
    if (this.store instanceof RedisStore) await this.store.start();
  }

  /** Stops the parts; refreshes and refills under way end first. */
  async stop(): Promise<void> {
    this.settings.stop();
    await this.cache.settled();
    await this.invalidations.stop();
    await this.relay.stop();
    await this.store.close();
  }

  /** The state now; nothing of it is remembered. */
  health(): CacheHealthReport {
    const { store, invalidations, local, relay } = this;
    const { enabled } = this.cache.options;
    const redis = this.redisStore;
    const bypassing = invalidations.hasUnconfirmed;
    const isUp = this.mode !== 'immutable-only' && store.isOpen && !bypassing && (redis?.isWhole ?? true);
    return {
      mode: this.mode,
      enabled,
      status: enabled ? (isUp ? 'up' : 'degraded') : 'off',
      breaker: redis === undefined ? 'none' : redis.isOpen ? 'closed' : 'open',
      problem: this.problem(bypassing),
      server: redis?.facts === undefined ? undefined : `${redis.facts.product} ${redis.facts.version}`.trim(),
      missingFeatures: redis?.missingFeatures ?? [],
      oldestInvalidationMs: Math.round(relay.oldestRowAgeMs),
      bypassing,
      local: {
        entries: local.size,
        bytes: local.usedBytes,
        maxBytes: local.limits.maxBytes,
        evictions: local.evictions,
      },
    };
  }

  /** The client for facades that speak Redis themselves; undefined without Redis. */
  get redisStore(): RedisStore | undefined {
    return this.store instanceof RedisStore ? this.store : undefined;
  }

  /** Of every server behind the shared tier, asked now; undefined without one, and where one does not say. */
  async serverStates(): Promise<readonly ServerState[] | undefined> {
    const { redisStore } = this;
    return redisStore === undefined
      ? undefined
      : readServerStates(redisStore.checkedConnections).catch(() => undefined);
  }

  /** Counters of the invalidation path, for the metrics. */
  get invalidationCounts(): { readonly delivered: number; readonly relayed: number; readonly unconfirmed: number } {
    const { delivered, unconfirmedAnswers } = this.invalidations;
    return { delivered, relayed: this.relay.relayed, unconfirmed: unconfirmedAnswers };
  }

  private problem(bypassing: boolean): string | undefined {
    if (this.mode === 'immutable-only') return 'no Redis and several processes: only immutable families are cached';
    const ofServer = this.redisStore?.problem;
    if (ofServer !== undefined) return ofServer;
    return bypassing ? 'invalidations are not delivered: what they may concern is read from its source' : undefined;
  }

  private listener(): ConstructorParameters<typeof RedisStore>[2] {
    return {
      beforeOpen: async () => {
        await this.invalidations.settleBeforeOpen();
      },
      opened: (facts, missingFeatures) => {
        const text = missingFeatures.join('; ');
        if (text !== this.lastLacks && text !== '') this.logger.warn(`The Redis server works, but: ${text}`);
        this.lastLacks = text;
        this.logger.log(`The shared tier answers${facts === undefined ? '' : ` (${facts.product} ${facts.version})`}.`);
        this.events.emit('opened', missingFeatures);
      },
      closed: (reason) => {
        this.disconnects++;
        this.logger.warn(`Redis unavailable (${reason}); reading from the database.`);
        this.events.emit('closed', reason);
      },
      epochChanged: () => {
        this.local.clear();
        this.events.emit('invalidatedAll');
      },
    };
  }
}
