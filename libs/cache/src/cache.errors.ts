import { DomainError } from '#kernel';

/** For what can't be done without the shared tier. */
export function cacheUnavailable(): DomainError {
  return new DomainError({
    code: 'cache-unavailable',
    kind: 'unavailable',
    detail: 'The shared tier of the cache is unavailable; GET /v1/admin/cache/health says why.',
    retryAfterSeconds: 1,
  });
}
