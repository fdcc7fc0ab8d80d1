export { judgeEpoch } from '../protocol/epoch.js';
export { judgeEntry } from '../protocol/verdict.js';
export { acquireLease, type Cell, fillEntry, type LeaseMode, releaseLease } from '../protocol/lease.js';
export { answersJoiner } from '../read/load-sharing.js';
export { bindingOf, mayJoin } from '../protocol/entry.js';
export { testNamespace, testRedisUrl } from './test-redis.js';
export { inProcessCache, startTestEngine } from './test-engine.js';
