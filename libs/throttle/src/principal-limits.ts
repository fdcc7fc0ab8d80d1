import { Injectable } from '@nestjs/common';
import { Limiter, PROVIDER_CALLS } from './limiter/limiter.js';
import type { RateLimitState } from './rate-limit.js';
import { type Limited, RateLimits } from './request-limits.js';

/** All limits of a credential at once, its own and those it shares: those of routes, and of calls of outside providers. */
@Injectable()
export class PrincipalLimits {
  constructor(
    private readonly limiter: Limiter,
    private readonly limits: RateLimits,
  ) {}

  /** What is left of each, without taking anything. */
  async look(principal: Limited): Promise<readonly RateLimitState[]> {
    const { ofRoutes, ofProviders } = this.limitsOf(principal);
    return [
      ...(await this.limiter.look(principal.workspaceId, ofRoutes)),
      ...(await this.limiter.look(PROVIDER_CALLS, ofProviders)),
    ];
  }

  /** Gives all of them back. */
  async reset(principal: Limited): Promise<void> {
    const { ofRoutes, ofProviders } = this.limitsOf(principal);
    await this.limiter.reset(principal.workspaceId, ofRoutes);
    await this.limiter.reset(PROVIDER_CALLS, ofProviders);
  }

  private limitsOf(principal: Limited) {
    return { ofRoutes: this.limits.ofRoutes(principal), ofProviders: this.limits.ofProviders(principal) };
  }
}
