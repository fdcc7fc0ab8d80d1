export { judgeEpoch } from '../epoch.js';
export { judgeEntry } from '../entry-verdict.js';
export { acquireLease, type Cell, fillEntry, holdsLease, type LeaseMode, releaseLease } from '../lease.js';
export { bindingOf, mayJoin } from '../stamps.js';
