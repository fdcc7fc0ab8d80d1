export { describeLimiter } from './limiter.contract.js';
