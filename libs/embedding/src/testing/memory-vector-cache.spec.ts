import { MemoryVectorCache } from './memory-vector-cache.js';
import { vectorCacheContract } from './vector-cache.contract.js';

describe('MemoryVectorCache', () => {
  vectorCacheContract(() => new MemoryVectorCache());
});
