export {
  type ChannelRank,
  type ChannelRanks,
  type ChannelScores,
  type SearchAnswer,
  type SearchDocument,
  type SearchFilters,
  type SearchHit,
  type SearchKind,
  type SearchMode,
  type SearchRequest,
} from './search.js';
export { SearchApiModule, SearchModule } from './search.module.js';
export { searchFamily, searchTag } from './search.cache.js';
export { SearchIndex } from './search-index.js';
export { SearchService } from './search.service.js';
