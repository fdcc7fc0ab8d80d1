export { describeLimiter } from './limiter.contract.js';
export { localLimits } from './local-limits.js';
