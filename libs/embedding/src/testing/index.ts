export { embeddingProviderContract } from './embedding-provider.contract.js';
export { HastyTimer, ManualTimer } from './manual-timer.js';
export { MemoryUsageRepository } from './memory-usage.repository.js';
export { MemoryVectorCache } from './memory-vector-cache.js';
export { type HonestAnswer, type Misbehaviour, type ReceivedCall, FakeProviderServer } from './fake-provider-server.js';
export { vectorCacheContract } from './vector-cache.contract.js';
export { FakeEmbeddingProvider } from './fake-embedding.provider.js';
export { EmbeddingDatabase, type TestContext, type TestProject } from './embedding-database.js';
export { callBudget, type TestBudget } from './call-budget.js';
