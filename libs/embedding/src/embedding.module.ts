import { Module } from '@nestjs/common';
import { CacheModule, CacheService } from '#cache';
import { EmbeddingConfig } from '#config';
import { ContextModule } from '#context';
import { Clock } from '#kernel';
import { ProviderCalls } from '#observability';
import { RedactionModule } from '#redaction';
import { QueueModule } from '#queue';
import { Limiter, LimitObservers, RateLimits, ThrottleModule } from '#throttle';
import { CallBudget } from './budget/call-budget.js';
import { EngineVectorCache, VectorCache } from './embedding.cache.js';
import { EmbeddingHealth } from './embedding.health.js';
import { EmbeddingService } from './embedding.service.js';
import { EmbeddingsController } from './http/embeddings.controller.js';
import { ModelsController, OfferedModels } from './http/models.controller.js';
import { UsageController } from './http/usage.controller.js';
import { PriceTable, UsageLedger, UsageService } from './ledger/usage-ledger.js';
import { Pgvector } from './persistence/pgvector.js';
import { PostgresSemanticIndex } from './persistence/postgres-semantic-index.js';
import { PostgresVectorStore } from './persistence/postgres-vector-store.js';
import { VectorObservers } from './semantic/vector-observers.js';
import { PostgresUsageRepository } from './persistence/postgres-usage.repository.js';
import { UsageRepository } from './ledger/usage.js';
import { SystemTimer } from './provider-http/retry-delay.js';
import { chooseProvider, ProviderChoice } from './provider/choose-provider.js';
import { createProvider, createReranker } from './provider/create-provider.js';
import { EmbeddingProvider } from './provider/embedding-provider.js';
import { RerankService } from './rerank/rerank.service.js';
import { ContextEmbeddingJob } from './semantic/context-embedding.job.js';
import { ContextEmbeddingObserver } from './semantic/context-embedding.observer.js';
import { EmbeddingBackfillJob } from './semantic/embedding-backfill.job.js';
import { SemanticReader } from './semantic/semantic.reader.js';

/** Texts as vectors: providers, the cache in front of them, the ledger, and the vectors of contexts. */
@Module({
  imports: [CacheModule, ContextModule, QueueModule, ThrottleModule],
  providers: [
    EmbeddingService,
    EmbeddingHealth,
    UsageLedger,
    UsageService,
    Pgvector,
    SemanticReader,
    VectorObservers,
    ContextEmbeddingObserver,
    {
      provide: ProviderChoice,
      inject: [EmbeddingConfig],
      useFactory: (config: EmbeddingConfig) => chooseProvider(config),
    },
    {
      provide: EmbeddingProvider,
      inject: [ProviderChoice, Clock],
      useFactory: ({ config }: ProviderChoice, clock: Clock) => createProvider(config, clock, new SystemTimer()),
    },
    {
      provide: RerankService,
      inject: [EmbeddingConfig, Clock, CacheService, CallBudget, UsageLedger, PriceTable, ProviderCalls],
      useFactory: (
        config: EmbeddingConfig,
        clock: Clock,
        cache: CacheService,
        budget: CallBudget,
        ledger: UsageLedger,
        prices: PriceTable,
        calls: ProviderCalls,
      ) => new RerankService(createReranker(config, clock, new SystemTimer()), cache, budget, ledger, prices, calls),
    },
    { provide: VectorCache, useClass: EngineVectorCache },
    {
      provide: CallBudget,
      inject: [Limiter, RateLimits, EmbeddingProvider, EmbeddingConfig, LimitObservers],
      useFactory: (
        limiter: Limiter,
        limits: RateLimits,
        provider: EmbeddingProvider,
        config: EmbeddingConfig,
        observers: LimitObservers,
      ) => new CallBudget(limiter, limits, provider.name, config.budgets, observers),
    },
    {
      provide: PriceTable,
      inject: [ProviderChoice],
      useFactory: ({ config }: ProviderChoice) => new PriceTable(config.prices),
    },
    { provide: UsageRepository, useClass: PostgresUsageRepository },
    PostgresVectorStore,
    PostgresSemanticIndex,
  ],
  exports: [
    EmbeddingService,
    ProviderChoice,
    RerankService,
    UsageService,
    PostgresSemanticIndex,
    SemanticReader,
    VectorObservers,
    PostgresVectorStore,
    ContextEmbeddingObserver,
  ],
})
export class EmbeddingModule {}

/** The HTTP face of embeddings. */
@Module({
  imports: [EmbeddingModule, RedactionModule],
  controllers: [EmbeddingsController, ModelsController, UsageController],
  providers: [OfferedModels],
})
export class EmbeddingApiModule {}

/** The jobs of embeddings. */
@Module({
  imports: [ContextModule, EmbeddingModule],
  providers: [ContextEmbeddingJob, EmbeddingBackfillJob],
})
export class EmbeddingWorkerModule {}
