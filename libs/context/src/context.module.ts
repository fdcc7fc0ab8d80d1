import { Module } from '@nestjs/common';
import { ProjectContents, ProjectModule } from '#project';
import { JobRegistry, QueueModule } from '#queue';
import { SessionModule } from '#session';
import { ContextObservers } from './context-observers.js';
import { ContextStoreService } from './context-store.service.js';
import { ContextReader } from './context.reader.js';
import { ContextService } from './context.service.js';
import { ContextDiffService } from './diff/context-diff.service.js';
import { OverviewService } from './overview/overview.service.js';
import { ContextReadRepository } from './persistence/context-read.repository.js';
import { ContextRepository } from './persistence/context.repository.js';
import { OverviewRepository } from './persistence/overview.repository.js';
import { PostgresContextReadRepository } from './persistence/postgres-context-read.repository.js';
import { PostgresContextUsageRepository } from './persistence/postgres-context-usage.repository.js';
import { PostgresContextRepository } from './persistence/postgres-context.repository.js';
import { PostgresOverviewRepository } from './persistence/postgres-overview.repository.js';
import { PostgresRetentionRepository } from './persistence/postgres-retention.repository.js';
import { RecallService } from './recall.service.js';
import { contextRetention, RETENTION_INTERVAL_SECONDS } from './retention/retention.jobs.js';
import { RetentionRepository } from './retention/retention.repository.js';
import { RetentionService } from './retention/retention.service.js';
import { ContextUsageRepository } from './usage/context-usage.repository.js';
import { ContextUsage } from './usage/context-usage.js';

/** Labelled, versioned memory: storing, reading, overview and retention. */
@Module({
  imports: [ProjectModule, SessionModule, QueueModule],
  providers: [
    ContextStoreService,
    ContextService,
    ContextDiffService,
    RecallService,
    OverviewService,
    RetentionService,
    ContextReader,
    ContextObservers,
    ContextUsage,
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
    ContextObservers,
  ],
})
export class ContextModule {
  constructor(jobs: JobRegistry, contents: ProjectContents, reader: ContextReader) {
    jobs.schedule({ job: contextRetention, everySeconds: RETENTION_INTERVAL_SECONDS });
    contents.register({
      name: 'contexts',
      count: async ({ workspaceId, id }) => (await reader.count(workspaceId, id)).total,
    });
  }
}
