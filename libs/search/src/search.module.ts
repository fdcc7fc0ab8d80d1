import { Module } from '@nestjs/common';
import { CacheModule } from '#cache';
import { ContextModule } from '#context';
import { ConversationModule } from '#conversation';
import { EmbeddingModule } from '#embedding';
import { ProjectModule } from '#project';
import { QueueModule } from '#queue';
import { SessionModule } from '#session';
import { ContextIndexer } from './context-indexer.js';
import { ContextTextFinder } from './context-text-finder.js';
import { FreshSearch } from './fresh-search.js';
import { SearchController } from './http/search.controller.js';
import { KeywordSearch } from './keyword-search.js';
import { LiteralSearch } from './literal-search.js';
import { HitArrangement } from './hit-arrangement.js';
import { HitSources } from './hit-sources.js';
import { MessageIndexer } from './message-indexer.js';
import { KeywordIndex } from './persistence/keyword-index.js';
import { PostgresHitSources } from './persistence/postgres-hit-sources.js';
import { PostgresKeywordIndex } from './persistence/postgres-keyword-index.js';
import { PostgresHitTimes } from './persistence/postgres-hit-times.js';
import { PostgresHitValidity } from './persistence/postgres-hit-validity.js';
import { PastVersions } from './past-versions.js';
import { SearchLanguageCheck } from './persistence/search-language.js';
import { QueryReader } from './query-reader.js';
import { SearchChangesExpiry } from './search-changes-expiry.js';
import { SearchIndexService } from './search-index.service.js';
import { SearchChanges, SearchInvalidation } from './search-invalidation.js';
import { SearchReindexer } from './search-reindexer.js';
import { SearchService } from './search.service.js';
import { SemanticSearch } from './semantic-search.js';
import { SessionIndexer } from './session-indexer.js';

/**
 * Finding memory, and keeping the index up to date. Every app that writes memory imports it: the index follows in the
 * transaction of the write.
 */
@Module({
  imports: [CacheModule, ProjectModule, SessionModule, ContextModule, ConversationModule, EmbeddingModule, QueueModule],
  providers: [
    QueryReader,
    KeywordSearch,
    SemanticSearch,
    FreshSearch,
    SearchService,
    LiteralSearch,
    SearchLanguageCheck,
    SearchReindexer,
    SearchChangesExpiry,
    ContextIndexer,
    ContextTextFinder,
    SessionIndexer,
    MessageIndexer,
    HitSources,
    PostgresHitSources,
    PostgresHitValidity,
    PostgresHitTimes,
    HitArrangement,
    PastVersions,
    SearchInvalidation,
    { provide: SearchChanges, useExisting: SearchInvalidation },
    { provide: KeywordIndex, useClass: PostgresKeywordIndex },
    SearchIndexService,
  ],
  exports: [SearchIndexService, SearchReindexer, SearchChangesExpiry, SearchService, HitSources],
})
export class SearchModule {}

/** The HTTP face of search. */
@Module({ imports: [SearchModule], controllers: [SearchController] })
export class SearchApiModule {}
