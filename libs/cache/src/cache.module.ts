import { CACHE_MANAGER } from '@nestjs/cache-manager';
import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  Module,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { register } from 'prom-client';
import { CacheConfig, DatabaseConfig, LogConfig } from '#config';
import { Database, TransactionRunner } from '#database';
import { Clock } from '#kernel';
import { beginSpan, findRequestContext, HealthRegistry } from '#observability';
import { CacheEngine, type CacheSettings } from './cache-engine.js';
import { declaredFamilies } from './families/family.js';
import { CacheService } from './cache.service.js';
import { CacheDecoratorBinding } from './decorators/cached.decorator.js';
import { FamilySettingsService } from './families/family-settings.js';
import { CacheHealth, CacheTiersHealth } from './health/cache.health.js';
import { CacheMetrics } from './metrics/cache-metrics.js';
import { createNestCacheManager } from './nest-cache-manager/nest-cache-manager.js';
import { PgNotifyChannel } from './outbox/pg-notify-channel.js';
import { PostgresInvalidationOutbox } from './outbox/postgres-invalidation-outbox.js';
import { PostgresPrimaryRecord } from './stores/redis/primary-record.js';
import { KeySpace } from './families/key.js';
import type { ReadReport } from './read/read-options.js';
import { PostgresFamilySettings } from './families/postgres-settings.js';
import { ListCache } from './list-cache.js';

/** What the configuration says of the engine. */
function settingsFrom(config: CacheConfig): CacheSettings {
  return {
    redisUrl: config.redisUrl,
    enabled: config.enabled,
    singleProcess: config.singleProcess,
    defaultTtlMs: config.defaultTtlMs,
    driftSampleRate: config.driftSampleRate,
    local: { maxBytes: config.maxLocalBytes },
    redis: {
      commandTimeoutMs: config.redisCommandTimeoutMs,
      connectTimeoutMs: config.redisConnectTimeoutMs,
    },
  };
}

/** Starts the engine with the application, and stops it while the database is still there. */
@Injectable()
class CacheLifecycle implements OnModuleInit, BeforeApplicationShutdown {
  constructor(private readonly engine: CacheEngine) {}

  onModuleInit(): Promise<void> {
    this.engine.cache.register(...declaredFamilies());
    return this.engine.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.engine.stop();
  }
}

const REPORTED_LEVELS = new Set(['debug', 'trace']);
const logger = new Logger('Cache');

/** To the request, for its `Cache-Status`. */
function reportToRequest(_family: string, { status, remainingMs }: ReadReport): void {
  findRequestContext()?.cacheReads?.note(status, remainingMs);
}

/** To the log too: neither key nor value, which are content. */
function reportToLog(family: string, report: ReadReport): void {
  const { status, tier, ageMs } = report;
  reportToRequest(family, report);
  logger.debug(status === 'miss' ? `miss ${family}` : `${status} ${family} in ${tier}, ${Math.round(ageMs)} ms old`);
}

function createEngine(
  cache: CacheConfig,
  databaseConfig: DatabaseConfig,
  database: Database,
  transactions: TransactionRunner,
  clock: Clock,
  log: LogConfig,
): CacheEngine {
  const { directUrl } = databaseConfig;
  const notifications = directUrl === undefined ? undefined : new PgNotifyChannel(directUrl);
  const role = cache.redisUrl !== undefined ? 'relay' : cache.singleProcess ? 'alone' : 'writer';
  return new CacheEngine(settingsFrom(cache), {
    clock,
    beginSpan,
    reportRead: REPORTED_LEVELS.has(log.level) ? reportToLog : reportToRequest,
    outbox: new PostgresInvalidationOutbox(database, role, notifications),
    familySettings: new PostgresFamilySettings(database, (work) => transactions.run(work)),
    primaries: new PostgresPrimaryRecord(database, new KeySpace().namespace, notifications),
  });
}

const providers: Provider[] = [
  ListCache,
  {
    provide: CacheEngine,
    inject: [CacheConfig, DatabaseConfig, Database, TransactionRunner, Clock, LogConfig],
    useFactory: createEngine,
  },
  { provide: CacheService, inject: [CacheEngine], useFactory: (engine: CacheEngine) => engine.cache },
  { provide: FamilySettingsService, inject: [CacheEngine], useFactory: (engine: CacheEngine) => engine.settings },
  {
    provide: CacheMetrics,
    inject: [CacheEngine],
    useFactory: (engine: CacheEngine) => new CacheMetrics(engine, register),
  },
  { provide: CACHE_MANAGER, inject: [CacheEngine, CacheConfig], useFactory: createNestCacheManager },
  { provide: CacheLifecycle, inject: [CacheEngine], useFactory: (engine: CacheEngine) => new CacheLifecycle(engine) },
  {
    provide: CacheHealth,
    inject: [CacheEngine, HealthRegistry],
    useFactory: (engine: CacheEngine, registry: HealthRegistry) => new CacheHealth(engine, registry),
  },
  {
    provide: CacheTiersHealth,
    inject: [CacheEngine, HealthRegistry],
    useFactory: (engine: CacheEngine, registry: HealthRegistry) => new CacheTiersHealth(engine, registry),
  },
  {
    provide: CacheDecoratorBinding,
    inject: [CacheService],
    useFactory: (cache: CacheService) => new CacheDecoratorBinding(cache),
  },
];

/**
 * The cache. Feature modules name it in their imports and inject `CacheService`; the application has one engine,
 * whatever number of modules import it.
 */
@Module({
  providers,
  exports: [CacheEngine, CacheService, ListCache, FamilySettingsService, CacheMetrics, CACHE_MANAGER],
})
export class CacheModule {}
