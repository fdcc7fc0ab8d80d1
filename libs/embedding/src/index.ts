export { EmbeddingApiModule, EmbeddingModule, EmbeddingWorkerModule } from './embedding.module.js';
export { modelKey } from './embedding.js';
export { describeProvider, requireProvider } from './provider/create-provider.js';
export type { EmbedderKind } from './provider/embedding-provider.js';
export { RerankService } from './rerank/rerank.service.js';
export { type SemanticAnswer } from './persistence/postgres-semantic-index.js';
export { SemanticReader, type SemanticRequest } from './semantic/semantic.reader.js';
export { type ChangedVectors, VectorObserver, VectorObservers } from './semantic/vector-observers.js';
