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
import type { RateLimitDecision } from '../rate-limit.js';
import { rateLimited } from '../rate-limited.js';
import { RequestLimits } from '../request-limits.js';
import { writeRateLimitHeaders } from './rate-limit.headers.js';

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
