export { localLimits } from './local-limits.js';
