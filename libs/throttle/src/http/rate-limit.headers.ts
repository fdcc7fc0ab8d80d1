import type { FastifyReply } from 'fastify';
import type { RateLimit, RateLimitState } from '../rate-limit.js';

/**
 * Tells the limits of a request: `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10) for each of
 * them, and the older `X-RateLimit-*` for the one that is nearest to its end. Times are seconds until all units are back.
 */
export function writeRateLimitHeaders(reply: FastifyReply, states: readonly RateLimitState[]): void {
  const [first] = states;
  if (first === undefined) return;
  const nearest = states.reduce((least, state) => (shareOf(state) < shareOf(least) ? state : least), first);
  void reply.header('ratelimit-policy', states.map(({ limit }) => policyOf(limit)).join(', '));
  void reply.header(
    'ratelimit',
    states
      .map(({ limit, remaining, resetMs }) => `"${limit.name}";r=${remaining};t=${Math.ceil(resetMs / 1000)}`)
      .join(', '),
  );
  void reply.header('x-ratelimit-limit', nearest.limit.limit);
  void reply.header('x-ratelimit-remaining', nearest.remaining);
  void reply.header('x-ratelimit-reset', Math.ceil(nearest.resetMs / 1000));
}

function shareOf({ remaining, limit }: RateLimitState): number {
  return remaining / limit.limit;
}

function policyOf({ name, limit, periodMs }: RateLimit): string {
  return `"${name}";q=${limit};w=${periodMs / 1000}`;
}
