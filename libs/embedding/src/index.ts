export { EmbeddingApiModule } from './embedding-api.module.js';
export { embeddingFamily, rerankFamily } from './embedding.cache.js';
export { type EmbeddingModel, type InputType, inputTypes, modelKey, type ProviderName } from './embedding.js';
export { EmbeddingModule } from './embedding.module.js';
export { type EmbeddingOutcome, type EmbeddingRequest, EmbeddingService } from './embedding.service.js';
export { EmbeddingWorkerModule } from './embedding-worker.module.js';
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
export { VectorObserver, VectorObservers } from './semantic/vector-observers.js';
export { type Coverage } from './semantic/vector-store.js';
