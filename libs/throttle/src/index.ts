export { RateLimitGuard, subjectOf } from './http/rate-limit.guard.js';
export { tellRateLimits } from './http/rate-limit.headers.js';
export { Limiter, type LimitSubject } from './limiter/limiter.js';
export type { RateLimit, RateLimitCharge, RateLimitDecision, RateLimitState } from './rate-limit.js';
export { rateLimited } from './rate-limited.js';
export { RateLimits } from './rate-limits.js';
export { ThrottleModule } from './throttle.module.js';
