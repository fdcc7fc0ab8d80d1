import { Injectable } from '@nestjs/common';
import { ThrottleConfig } from '#config';
import type { RouteClass, RouteLimits } from '#http';
import type { Principal } from '#kernel';
import { LimitMetrics } from './limit-metrics.js';
import { nextUnitMs } from './limiter/gcra.js';
import { Limiter } from './limiter/limiter.js';
import type { RateLimitDecision } from './rate-limit.js';
import { RateLimits } from './rate-limits.js';

/** What a request of a credential costs, its own limits and its workspace's: all in one question, so that one that refuses takes nothing of another. */
@Injectable()
export class RequestLimits {
  constructor(
    private readonly limiter: Limiter,
    private readonly limits: RateLimits,
    private readonly config: ThrottleConfig,
    private readonly metrics: LimitMetrics,
  ) {}

  /** Undefined where nothing is limited: limits are off, the request is of no class, or an operator makes it. */
  async consume(principal: Principal, { classes, weight }: RouteLimits): Promise<RateLimitDecision | undefined> {
    if (!this.config.enabled || classes.length === 0 || principal.scopes.has('operator')) return undefined;
    const decision = await this.limiter.consume(
      principal.workspaceId,
      this.limits.ofRequest(principal, classes).map((limit) => ({ limit, units: weight })),
    );
    this.metrics.decided(decision);
    return decision;
  }

  /** Whether a unit of each class is left; none is taken. Undefined as for `take`. */
  async look(principal: Principal, classes: readonly RouteClass[]): Promise<RateLimitDecision | undefined> {
    if (!this.config.enabled || classes.length === 0 || principal.scopes.has('operator')) return undefined;
    const seen = await this.limiter.look(principal.workspaceId, this.limits.ofRequest(principal, classes));
    const states = seen.map((state) => ({ ...state, retryAfterMs: nextUnitMs(state) }));
    return { allowed: states.every(({ retryAfterMs }) => retryAfterMs === 0), states };
  }
}
