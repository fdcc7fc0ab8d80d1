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
import { ThrottleConfig } from '#config';
import { LIMITS, type RouteLimits } from '#http';
import type { Principal } from '#kernel';
import { LimitMetrics } from '../limit-metrics.js';
import { Limiter } from '../limiter/limiter.js';
import { rateLimited } from '../rate-limited.js';
import { RateLimits } from '../rate-limits.js';
import { subjectOf } from '../subject.js';
import { tellRateLimits } from './rate-limit.headers.js';

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
    private readonly limiter: Limiter,
    private readonly limits: RateLimits,
    private readonly config: ThrottleConfig,
    private readonly metrics: LimitMetrics,
  ) {
    super(options, storage, reflector);
  }

  /** @throws DomainError `rate-limited`. */
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const route = Reflect.getMetadata(LIMITS, context.getHandler()) as RouteLimits | undefined;
    if (!this.config.enabled || route === undefined || route.classes.length === 0) return true;
    const http = context.switchToHttp();
    const { principal } = http.getRequest<FastifyRequest & { principal?: Principal }>();
    if (principal === undefined || principal.scopes.has('operator')) return true;
    const decision = await this.limiter.consume(
      subjectOf(principal),
      this.limits.of(principal.tier, route.classes).map((limit) => ({ limit, units: route.weight })),
    );
    this.metrics.decided(decision);
    tellRateLimits(http.getResponse<FastifyReply>(), decision.states);
    if (!decision.allowed) throw rateLimited(decision);
    return true;
  }
}
