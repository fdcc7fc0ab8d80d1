export { feedbackTag } from './relevance.cache.js';
export { RelevanceApiModule } from './relevance.module.js';
