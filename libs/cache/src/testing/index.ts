export { judgeEpoch } from '../epoch.js';
export { judgeEntry } from '../entry-verdict.js';
export { acquireLease, type Cell, fillEntry, holdsLease, type LeaseMode, releaseLease } from '../lease.js';
export { bindingOf, mayJoin } from '../stamps.js';
export { brokenStores, FaultyStore } from './broken-store.js';
export { type ContractCase, sharedStoreContract, type SharedStoreSubject } from './shared-store.contract.js';
export { testNamespace, testRedisUrl } from './test-redis.js';
export { inProcessCache, startTestEngine } from './test-engine.js';
export { CountedSource } from './counted-source.js';
