export { RelevanceApiModule } from './relevance.module.js';
