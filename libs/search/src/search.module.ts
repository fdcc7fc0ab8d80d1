import { Module } from '@nestjs/common';
import { ProjectModule } from '#project';
import { KeywordSearch } from './keyword-search.js';
import { KeywordIndex } from './persistence/keyword-index.js';
import { PostgresKeywordIndex } from './persistence/postgres-keyword-index.js';
import { SearchIndex } from './search-index.js';
import { SearchIndexService } from './search-index.service.js';
import { SearchService } from './search.service.js';

/** Finding memory, and the index that the owners of memory keep up to date. */
@Module({
  imports: [ProjectModule],
  providers: [
    KeywordSearch,
    SearchService,
    { provide: KeywordIndex, useClass: PostgresKeywordIndex },
    { provide: SearchIndex, useClass: SearchIndexService },
  ],
  exports: [SearchIndex, SearchService],
})
export class SearchModule {}
