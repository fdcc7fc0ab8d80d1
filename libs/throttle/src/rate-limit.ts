import { DomainError } from '#kernel';

/** How often something may happen: `limit` units in any `periodMs`, all of them at once after a rest. */
export interface RateLimit {
  /** Names the counter; part of its key and of the headers. Kebab-case. */
  readonly name: string;
  readonly limit: number;
  readonly periodMs: number;
  /** Counts for this one alone within the subject, like one credential of all that call providers; any text. */
  readonly member?: string;
}

/** One limit asked for some units. More units than the limit count as the limit. */
export interface RateLimitCharge {
  readonly limit: RateLimit;
  readonly units: number;
}

/** What a limit says after it was asked. */
export interface RateLimitState {
  readonly limit: RateLimit;
  /** Whole units left now. */
  readonly remaining: number;
  /** Until all units are back. */
  readonly resetMs: number;
  /** Until the units asked for are there; 0 where they were. Rounded up: never before the limit really frees. */
  readonly retryAfterMs: number;
}

export interface RateLimitDecision {
  /** All limits had the units; else nothing was taken from any. */
  readonly allowed: boolean;
  /** In the order asked. */
  readonly states: readonly RateLimitState[];
}

/** The error for a refused request. `Retry-After` is when the last of the limits that refused it frees. */
export function rateLimited({ states }: RateLimitDecision): DomainError {
  const refusing = states.filter(({ retryAfterMs }) => retryAfterMs > 0);
  const reported = refusing
    .map(({ limit }) => `${limit.limit} ${limit.name} in ${limit.periodMs / 1000} s`)
    .join(' and ');
  return new DomainError({
    code: 'rate-limited',
    kind: 'rate-limited',
    detail: `The limit of ${reported} is used up. Nothing was done; try again after the time in Retry-After.`,
    retryAfterSeconds: Math.ceil(Math.max(...refusing.map(({ retryAfterMs }) => retryAfterMs)) / 1000),
  });
}
