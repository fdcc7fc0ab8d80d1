export { ManualClock } from './manual-clock.js';
export { testPrincipal } from './principal.js';
