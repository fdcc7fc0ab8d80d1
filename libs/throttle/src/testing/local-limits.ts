import { type LimitNumbers, loadConfig } from '#config';
import { Limiter } from '../limiter/limiter.js';
import { LocalLimiter } from '../limiter/local-limiter.js';
import { RateLimits } from '../request-limits.js';

/** Limits that are counted in process by a clock that tests turn; the usual numbers but for `limits`. */
export function localLimits(
  nowMs: () => number,
  limits: Partial<LimitNumbers> = {},
  tiers: Readonly<Record<string, Partial<LimitNumbers>>> = {},
): { readonly limiter: Limiter; readonly limits: RateLimits } {
  const { throttle } = loadConfig({});
  return {
    limiter: new LocalLimiter(nowMs),
    limits: new RateLimits({ ...throttle, limits: { ...throttle.limits, ...limits }, tiers }),
  };
}
