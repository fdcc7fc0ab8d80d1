import { CACHE_MANAGER } from '@nestjs/cache-manager';
import { Injectable, Module, type OnApplicationShutdown, type OnModuleInit, type Provider } from '@nestjs/common';
import { Clock, SystemClock } from '#kernel';
import { register } from 'prom-client';
import { CacheEngine, type CacheSettings } from './cache-engine.js';
import { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } from './cache.module-definition.js';
import { CacheService } from './cache.service.js';
import { CacheDecoratorBinding } from './decorators/decorator-binding.js';
import { FamilySettingsService, FamilySettingsStore } from './family-settings.js';
import { CacheMetrics } from './metrics/cache-metrics.js';
import { createNestCacheManager } from './nest-cache-manager/nest-cache-manager.js';
import { InvalidationOutbox } from './outbox/invalidation-outbox.js';

/** Starts the engine with the application and stops it after the last request. */
@Injectable()
export class CacheLifecycle implements OnModuleInit, OnApplicationShutdown {
  constructor(private readonly engine: CacheEngine) {}

  onModuleInit(): Promise<void> {
    return this.engine.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.engine.stop();
  }
}

const providers: Provider[] = [
  {
    provide: CacheEngine,
    inject: [MODULE_OPTIONS_TOKEN, { token: Clock, optional: true }, { token: InvalidationOutbox, optional: true }, { token: FamilySettingsStore, optional: true }],
    useFactory: (settings: CacheSettings, clock?: Clock, outbox?: InvalidationOutbox, familySettings?: FamilySettingsStore) =>
      new CacheEngine(settings, { clock: clock ?? new SystemClock(), outbox, familySettings }),
  },
  { provide: CacheService, inject: [CacheEngine], useFactory: (engine: CacheEngine) => engine.cache },
  { provide: FamilySettingsService, inject: [CacheEngine], useFactory: (engine: CacheEngine) => engine.settings },
  { provide: CacheMetrics, inject: [CacheEngine], useFactory: (engine: CacheEngine) => new CacheMetrics(engine, register) },
  { provide: CACHE_MANAGER, inject: [CacheEngine], useFactory: createNestCacheManager },
  { provide: CacheLifecycle, inject: [CacheEngine], useFactory: (engine: CacheEngine) => new CacheLifecycle(engine) },
  { provide: CacheDecoratorBinding, inject: [CacheService], useFactory: (cache: CacheService) => new CacheDecoratorBinding(cache) },
];

/**
 * The cache. The application gives the settings once; feature modules name the module in their imports and inject
 * `CacheService`. An `InvalidationOutbox` and a `FamilySettingsStore` are taken from the injector where they are
 * provided globally; with Redis and several processes the outbox is what makes invalidation certain.
 */
@Module({ providers, exports: [CacheEngine, CacheService, FamilySettingsService, CacheMetrics, CACHE_MANAGER] })
export class CacheModule extends ConfigurableModuleClass {}
