import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  getOptionsToken,
  getStorageToken,
  ThrottlerGuard,
  type ThrottlerModuleOptions,
  type ThrottlerStorage,
} from '@nestjs/throttler';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { COMMAND_BODY_BYTES, LIMITS, type RouteLimits } from '#http';
import type { Principal } from '#kernel';
import { Limiter } from '../limiter/limiter.js';
import { type RateLimit, type RateLimitDecision, rateLimited, type RateLimitState } from '../rate-limit.js';
import { RequestLimits } from '../request-limits.js';

type ThrottlerStorageRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/**
 * Nest's own throttler interface over the limiter, for code that uses it. Times are seconds, as Nest's guard puts them
 * into headers. GCRA knows no block: who is refused may try again as soon as a unit is back.
 */
export class GcraThrottlerStorage implements ThrottlerStorage {
  constructor(private readonly limiter: Limiter) {}

  async increment(
    key: string,
    ttl: number,
    limit: number,
    _blockDuration: number,
    throttlerName: string,
  ): Promise<ThrottlerStorageRecord> {
    const rateLimit = { name: throttlerName, limit, periodMs: ttl };
    const { allowed, states } = await this.limiter.consume(key, [{ limit: rateLimit, units: 1 }]);
    const [{ remaining, resetMs, retryAfterMs } = { remaining: 0, resetMs: 0, retryAfterMs: 0 }] = states;
    return {
      totalHits: allowed ? limit - remaining : limit + 1,
      timeToExpire: Math.ceil(resetMs / 1000),
      isBlocked: !allowed,
      timeToBlockExpire: Math.ceil(retryAfterMs / 1000),
    };
  }
}

/**
 * Reports the limits of a request: `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10) for each of
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

/**
 * Holds every principal to the limits of the route's classes: all of them in one question, so that a request that one
 * of them refuses costs nothing of another. Operators pass. It stands behind the guard that finds the principal.
 *
 * Nest's own guard asks its storage once a limit, one after the other.
 */
@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  constructor(
    @Inject(getOptionsToken()) options: ThrottlerModuleOptions,
    @Inject(getStorageToken()) storage: ThrottlerStorage,
    reflector: Reflector,
    private readonly limits: RequestLimits,
  ) {
    super(options, storage, reflector);
  }

  /** @throws DomainError `rate-limited`. */
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const route = Reflect.getMetadata(LIMITS, context.getHandler()) as RouteLimits | undefined;
    if (route === undefined) return true;
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest & { principal?: Principal }>();
    const { principal } = request;
    if (principal === undefined) return true;
    const { classes, weight, ahead } = route;
    const reply = http.getResponse<FastifyReply>();
    if (ahead !== undefined) requireAllowed(await this.limits.look(principal, ahead.left), reply);
    const isLarge = ahead !== undefined && !isOfCommandSize(request);
    requireAllowed(
      await this.limits.consume(principal, { classes: isLarge ? [...classes, ...ahead.large] : classes, weight }),
      reply,
    );
    return true;
  }
}

function requireAllowed(decision: RateLimitDecision | undefined, reply: FastifyReply): void {
  if (decision === undefined) return;
  writeRateLimitHeaders(reply, decision.states);
  if (!decision.allowed) throw rateLimited(decision);
}

/** As its head says: a body of unknown or of compressed length may be of any. */
function isOfCommandSize({ headers }: FastifyRequest): boolean {
  return headers['content-encoding'] === undefined && Number(headers['content-length']) <= COMMAND_BODY_BYTES;
}
