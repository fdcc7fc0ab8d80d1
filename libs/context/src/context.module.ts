import { Injectable, Module } from '@nestjs/common';
import { DEFAULT_LIMIT, ResponseCacheModule } from '#http';
import { type CacheWarmer, CacheWarmers, WarmingModule, type WarmTarget } from '#warming';
import { type Project, type ProjectContent, ProjectCounters, ProjectModule } from '#project';
import { CacheModule } from '#cache';
import { QueueModule } from '#queue';
import { RedactionModule } from '#redaction';
import { SessionModule } from '#session';
import { ContextReader } from './recall/context.reader.js';
import { ContextService } from './store/context.service.js';
import { AlwaysCheckReaders, ContextChanges } from './context-changes.js';
import { ContextObservers, EmbeddingStates } from './context-observers.js';
import { ContextBatchController } from './http/context-batch.controller.js';
import { ContextPresenter } from './http/context-presenter.js';
import { CachedReadCounter, EmbeddingVariant } from './http/context-response-caching.js';
import { ContextController } from './http/context.controller.js';
import { LabelController } from './http/label.controller.js';
import { ConflictController } from './conflict/conflict.controller.js';
import { ConflictFinder } from './conflict/conflict-finder.js';
import { ConflictOutcomeService } from './conflict/conflict-outcome.service.js';
import { ConflictService } from './conflict/conflict.service.js';
import { PostgresConflictRepository } from './conflict/postgres-conflict.repository.js';
import { ProjectSettingsController } from './settings/project-settings.controller.js';
import { ProjectSettingsService } from './settings/project-settings.service.js';
import { TextFinders } from './conflict/text-finder.js';
import { DocumentReader } from './ingest/document.reader.js';
import { IngestController } from './ingest/ingest.controller.js';
import { IngestService } from './ingest/ingest.service.js';
import { PdfText } from './ingest/pdf-text.js';
import { OverviewController } from './overview/overview.controller.js';
import { PostgresOverviewRepository } from './overview/postgres-overview.repository.js';
import { OverviewService } from './overview/overview.service.js';
import { ContextDiffService } from './recall/context-diff.service.js';
import { ContextLookup } from './recall/context-lookup.js';
import { PostgresContextReadRepository } from './recall/postgres-context-read.repository.js';
import { ContextUsage, ContextUsageRepository } from './recall/context-usage.js';
import { PostgresContextUsageRepository } from './recall/postgres-context-usage.repository.js';
import { RecallService } from './recall/recall.service.js';
import { PostgresRetentionRepository } from './retention/postgres-retention.repository.js';
import { RetentionController } from './retention/retention.controller.js';
import { RetentionService } from './retention/retention.service.js';
import { ContextDeletionService } from './store/context-deletion.service.js';
import { ContextStoreService } from './store/context-store.service.js';
import { LabelMaker } from './store/label-maker.js';
import { LabelSettlement } from './store/label-settlement.js';
import { PostgresContextBands } from './store/postgres-context-bands.js';
import { PostgresContextTexts } from './store/postgres-context-texts.js';
import { PostgresContextRepository } from './store/postgres-context.repository.js';
import { PostgresSuccessionsRepository } from './validity/postgres-successions.repository.js';
import { DraftChecks } from './store/draft-checks.js';
import { RepeatedTexts } from './store/repeated-texts.js';
import { ContextRows } from './transfer/context-rows.js';
import { ContextTransferService } from './transfer/context-transfer.service.js';

/** What a project holds of contexts. */
@Injectable()
class ContextCounts implements ProjectContent {
  readonly name = 'contexts';

  constructor(
    private readonly reader: ContextReader,
    contents: ProjectCounters,
  ) {
    contents.register(this);
  }

  async count({ workspaceId, id }: Project): Promise<number> {
    return (await this.reader.count(workspaceId, id)).total;
  }
}

/** The first page of the newest contexts. */
@Injectable()
class ContextWarmer implements CacheWarmer {
  readonly name = 'context';

  constructor(
    private readonly contexts: ContextService,
    warmers: CacheWarmers,
  ) {
    warmers.register(this);
  }

  async warm({ workspaceId, project }: WarmTarget): Promise<void> {
    await this.contexts.list(workspaceId, project, { which: 'latest' }, undefined, DEFAULT_LIMIT);
  }
}

/** What the modules of the routes and of the jobs, and other features, may inject. */
const SHARED = [
  ContextStoreService,
  ContextService,
  ContextDeletionService,
  ContextDiffService,
  RecallService,
  OverviewService,
  RetentionService,
  ProjectSettingsService,
  ContextReader,
  ContextChanges,
  ContextObservers,
  AlwaysCheckReaders,
  ContextUsage,
  EmbeddingStates,
  DocumentReader,
  IngestService,
  ContextTransferService,
  ConflictService,
  TextFinders,
];

/** Labelled, versioned memory: storing, reading, overview and retention. */
@Module({
  imports: [CacheModule, ProjectModule, WarmingModule, SessionModule, QueueModule],
  providers: [
    ...SHARED,
    ContextCounts,
    ConflictFinder,
    ConflictOutcomeService,
    PostgresConflictRepository,
    ContextLookup,
    DraftChecks,
    LabelMaker,
    LabelSettlement,
    RepeatedTexts,
    ContextWarmer,
    PdfText,
    ContextRows,
    PostgresContextBands,
    PostgresContextRepository,
    PostgresContextTexts,
    PostgresSuccessionsRepository,
    PostgresContextReadRepository,
    { provide: ContextUsageRepository, useClass: PostgresContextUsageRepository },
    PostgresOverviewRepository,
    PostgresRetentionRepository,
  ],
  exports: SHARED,
})
export class ContextModule {}

/** The routes for contexts, their overview and retention. */
@Module({
  imports: [ContextModule, ProjectModule, RedactionModule, ResponseCacheModule],
  // The batch routes first: their paths have words where others have ids.
  controllers: [
    ContextBatchController,
    IngestController,
    ContextController,
    LabelController,
    OverviewController,
    RetentionController,
    ConflictController,
    ProjectSettingsController,
  ],
  providers: [ContextPresenter, CachedReadCounter, EmbeddingVariant],
})
export class ContextApiModule {}
