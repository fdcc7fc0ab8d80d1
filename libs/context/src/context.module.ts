import { Module } from '@nestjs/common';
import { CacheModule } from '#cache';
import { DEFAULT_LIMIT } from '#http';
import { CacheWarmers, ProjectCounters, ProjectModule } from '#project';
import { JobRegistry, QueueModule } from '#queue';
import { SessionModule } from '#session';
import { ContextChanges } from './context-changes.js';
import { ContextLookup } from './context-lookup.js';
import { ContextObservers } from './context-observers.js';
import { ContextStoreService } from './context-store.service.js';
import { ContextReader } from './context.reader.js';
import { ContextService } from './context.service.js';
import { ContextDiffService } from './diff/context-diff.service.js';
import { EmbeddingStates } from './embedding-states.js';
import { DocumentReader } from './ingest/document.reader.js';
import { IngestService } from './ingest/ingest.service.js';
import { PdfText } from './ingest/pdf-text.js';
import { OverviewService } from './overview/overview.service.js';
import { ContextReadRepository } from './persistence/context-read.repository.js';
import { ContextRepository } from './persistence/context.repository.js';
import { OverviewRepository } from './persistence/overview.repository.js';
import { PostgresContextReadRepository } from './persistence/postgres-context-read.repository.js';
import { PostgresContextTransferRepository } from './persistence/postgres-context-transfer.repository.js';
import { PostgresContextUsageRepository } from './persistence/postgres-context-usage.repository.js';
import { PostgresContextRepository } from './persistence/postgres-context.repository.js';
import { PostgresOverviewRepository } from './persistence/postgres-overview.repository.js';
import { PostgresRetentionRepository } from './persistence/postgres-retention.repository.js';
import { RecallService } from './recall.service.js';
import { contextRetention, RETENTION_INTERVAL_SECONDS } from './retention/retention.jobs.js';
import { RetentionRepository } from './retention/retention.repository.js';
import { RetentionService } from './retention/retention.service.js';
import { ContextTransferRepository } from './transfer/context-transfer.repository.js';
import { ContextTransferService } from './transfer/context-transfer.service.js';
import { ContextUsageRepository } from './usage/context-usage.repository.js';
import { ContextUsage } from './usage/context-usage.js';

/** Labelled, versioned memory: storing, reading, overview and retention. */
@Module({
  imports: [CacheModule, ProjectModule, SessionModule, QueueModule],
  providers: [
    ContextStoreService,
    ContextService,
    ContextDiffService,
    RecallService,
    OverviewService,
    RetentionService,
    ContextReader,
    ContextLookup,
    ContextChanges,
    ContextObservers,
    EmbeddingStates,
    ContextUsage,
    PdfText,
    DocumentReader,
    IngestService,
    ContextTransferService,
    { provide: ContextTransferRepository, useClass: PostgresContextTransferRepository },
    { provide: ContextRepository, useClass: PostgresContextRepository },
    { provide: ContextReadRepository, useClass: PostgresContextReadRepository },
    { provide: ContextUsageRepository, useClass: PostgresContextUsageRepository },
    { provide: OverviewRepository, useClass: PostgresOverviewRepository },
    { provide: RetentionRepository, useClass: PostgresRetentionRepository },
  ],
  exports: [
    ContextStoreService,
    ContextService,
    ContextDiffService,
    RecallService,
    OverviewService,
    RetentionService,
    ContextReader,
    ContextChanges,
    ContextObservers,
    ContextUsage,
    EmbeddingStates,
    DocumentReader,
    IngestService,
    ContextTransferService,
  ],
})
export class ContextModule {
  constructor(
    jobs: JobRegistry,
    contents: ProjectCounters,
    reader: ContextReader,
    warmers: CacheWarmers,
    service: ContextService,
  ) {
    warmers.register({
      name: 'context',
      warm: async ({ workspaceId, project }) =>
        void (await service.list(workspaceId, project, { which: 'latest' }, undefined, DEFAULT_LIMIT)),
    });
    jobs.schedule({ job: contextRetention, everySeconds: RETENTION_INTERVAL_SECONDS });
    contents.register({
      name: 'contexts',
      count: async ({ workspaceId, id }) => (await reader.count(workspaceId, id)).total,
    });
  }
}
