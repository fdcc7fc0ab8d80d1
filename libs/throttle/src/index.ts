export { RateLimitGuard, writeRateLimitHeaders } from './http/rate-limit.guard.js';
export { Limiter, PROVIDER_CALLS, subjectOf } from './limiter/limiter.js';
export { nextUnitMs } from './limiter/gcra.js';
export { LocalLimiter } from './limiter/local-limiter.js';
export { type LimitObserver, LimitObservers, type RefusedCall } from './limit-observers.js';
export { PrincipalLimits } from './principal-limits.js';
export { type RateLimit, type RateLimitCharge, rateLimited, type RateLimitState } from './rate-limit.js';
export { RateLimits, RequestLimits } from './request-limits.js';
export { ThrottleModule } from './throttle.module.js';
