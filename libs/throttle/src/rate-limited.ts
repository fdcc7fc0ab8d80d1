import { DomainError } from '#kernel';
import type { RateLimitDecision } from './rate-limit.js';

/** The error for a refused request. `Retry-After` is when the last of the limits that refused it frees. */
export function rateLimited({ states }: RateLimitDecision): DomainError {
  const refusing = states.filter(({ retryAfterMs }) => retryAfterMs > 0);
  const told = refusing.map(({ limit }) => `${limit.limit} ${limit.name} in ${limit.periodMs / 1000} s`).join(' and ');
  return new DomainError({
    code: 'rate-limited',
    kind: 'rate-limited',
    detail: `The limit of ${told} is used up. Nothing was done; try again after the time in Retry-After.`,
    retryAfterSeconds: Math.ceil(Math.max(...refusing.map(({ retryAfterMs }) => retryAfterMs)) / 1000),
  });
}
