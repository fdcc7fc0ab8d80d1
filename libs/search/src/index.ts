export { type SearchAnswer, type SearchHit } from './search.js';
export { queryOfText } from './query-of-text.js';
export { findLanguageProblem } from './persistence/search-language.js';
export { SearchApiModule, SearchModule } from './search.module.js';
export { SearchService } from './search.service.js';
