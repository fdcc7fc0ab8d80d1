import { Module } from '@nestjs/common';
import { QueueModule } from '#queue';
import { SearchModule } from './search.module.js';
import { SearchReindexHandler } from './search-reindex.handler.js';

/** Keeps the index up to date with the release and the search language. */
@Module({ imports: [SearchModule, QueueModule], providers: [SearchReindexHandler] })
export class SearchWorkerModule {}
