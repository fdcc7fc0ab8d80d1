export { EmbeddingApiModule, EmbeddingModule, EmbeddingWorkerModule } from './embedding.module.js';
export { embeddingFamily, rerankFamily } from './embedding.cache.js';
export { type EmbeddingModel, type InputType, inputTypes, modelKey, type ProviderName } from './embedding.js';
export { type EmbeddingOutcome, type EmbeddingRequest, EmbeddingService } from './embedding.service.js';
export { type UsageReport, UsageService } from './ledger/usage.service.js';
export type { RerankRequest } from './rerank/reranker.js';
export { RerankService } from './rerank/rerank.service.js';
export {
  SemanticIndex,
  type SemanticAnswer,
  type SemanticFilters,
  type SemanticHit,
  type SemanticQuery,
} from './semantic/semantic-index.js';
export { SemanticReader, type SemanticRequest } from './semantic/semantic.reader.js';
export { type Coverage, VectorObserver, VectorObservers } from './semantic/vector-store.js';
