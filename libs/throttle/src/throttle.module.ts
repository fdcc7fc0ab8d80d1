import { type BeforeApplicationShutdown, Global, Module, type OnModuleInit, type Provider } from '@nestjs/common';
import { ThrottlerModule } from '@nestjs/throttler';
import { CacheEngine, CacheModule } from '#cache';
import { CacheConfig, ThrottleConfig } from '#config';
import { HealthRegistry, ScrapedMetrics } from '#observability';
import { GcraThrottlerStorage } from './http/rate-limit.guard.js';
import { LimitMetrics, RateLimits, RequestLimits } from './request-limits.js';
import { LimitsHealth } from './limits.health.js';
import { FallbackLimiter } from './limiter/fallback-limiter.js';
import { Limiter } from './limiter/limiter.js';
import { createLimiterClient, type LimiterClient, shareCacheConnection } from './limiter/limiter-client.js';
import { LocalLimiter } from './limiter/local-limiter.js';
import { RedisLimiter } from './limiter/redis-limiter.js';
import { LimitObservers } from './limit-observers.js';
import { PrincipalLimits } from './principal-limits.js';

/** The connection of the limiter, where there is one; it ends with the application. */
class LimiterConnection implements OnModuleInit, BeforeApplicationShutdown {
  constructor(readonly client: LimiterClient | undefined) {}

  /** The first request finds the counters of all processes, where their server is there. */
  async onModuleInit(): Promise<void> {
    await this.client?.connected();
  }

  beforeApplicationShutdown(): void {
    this.client?.disconnect();
  }
}

/** A connection of its own where there may be two: what the cache reads does not stand in the way of a decision. */
function clientFor(config: CacheConfig, engine: CacheEngine): LimiterClient | undefined {
  if (config.redisUrl === undefined) return undefined;
  return config.redisMaxConnections === 1 ? shareCacheConnection(engine) : createLimiterClient(config.redisUrl, config);
}

const providers: Provider[] = [
  {
    provide: LimiterConnection,
    inject: [CacheConfig, CacheEngine],
    useFactory: (config: CacheConfig, engine: CacheEngine) => new LimiterConnection(clientFor(config, engine)),
  },
  {
    provide: Limiter,
    inject: [LimiterConnection],
    useFactory: ({ client }: LimiterConnection) =>
      client === undefined ? new LocalLimiter() : new FallbackLimiter(new RedisLimiter(client), new LocalLimiter()),
  },
  {
    provide: LimitMetrics,
    inject: [ScrapedMetrics, Limiter],
    useFactory: (metrics: ScrapedMetrics, limiter: Limiter) =>
      new LimitMetrics(metrics, limiter instanceof FallbackLimiter ? limiter : undefined),
  },
  { provide: RateLimits, inject: [ThrottleConfig], useFactory: (config: ThrottleConfig) => new RateLimits(config) },
  PrincipalLimits,
  LimitObservers,
  RequestLimits,
  {
    provide: LimitsHealth,
    inject: [Limiter, CacheConfig, HealthRegistry],
    useFactory: (limiter: Limiter, { singleProcess }: CacheConfig, registry: HealthRegistry) =>
      new LimitsHealth(limiter instanceof FallbackLimiter ? limiter : undefined, singleProcess, registry),
  },
];

@Global()
@Module({
  imports: [CacheModule],
  providers,
  exports: [Limiter, LimitMetrics, LimitObservers, PrincipalLimits, RateLimits, RequestLimits],
})
class LimiterModule {}

/** Rate limits: the limiter, the limits of the configuration, and Nest's throttler over them. */
@Global()
@Module({
  imports: [
    LimiterModule,
    ThrottlerModule.forRootAsync({
      inject: [Limiter, RateLimits],
      useFactory: (limiter: Limiter, limits: RateLimits) => ({
        throttlers: limits.allLimits().map(({ name, limit, periodMs }) => ({ name, limit, ttl: periodMs })),
        storage: new GcraThrottlerStorage(limiter),
      }),
    }),
  ],
  exports: [LimiterModule, ThrottlerModule],
})
export class ThrottleModule {}
