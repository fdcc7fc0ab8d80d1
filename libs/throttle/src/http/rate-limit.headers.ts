import type { FastifyReply } from 'fastify';
import type { RateLimit, RateLimitState } from '../rate-limit.js';

const policies = new WeakMap<RateLimit, string>();

/**
 * Tells the limits of a request: `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10) for each of
 * them, and the older `X-RateLimit-*` for the one that is nearest to its end. Times are seconds until all units are back.
 */
export function tellRateLimits(reply: FastifyReply, states: readonly RateLimitState[]): void {
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

function policyOf(limit: RateLimit): string {
  let policy = policies.get(limit);
  if (policy === undefined) {
    policy = `"${limit.name}";q=${limit.limit};w=${limit.periodMs / 1000}`;
    policies.set(limit, policy);
  }
  return policy;
}
