import { Injectable } from '@nestjs/common';
import { ThrottleConfig } from '#config';
import { DomainError } from '#kernel';
import { Limiter, rateLimited, RateLimits } from '#throttle';

/** Slows down whoever guesses credentials: only failures count, by address, so that nobody else is held up. */
@Injectable()
export class SignInLimiter {
  constructor(
    private readonly limiter: Limiter,
    private readonly limits: RateLimits,
    private readonly config: ThrottleConfig,
  ) {}

  /** @throws DomainError of `signIn`; `rate-limited` in place of `unauthenticated` once an address has failed too often. */
  async guard<Result>(address: string, signIn: () => Promise<Result>): Promise<Result> {
    try {
      return await signIn();
    } catch (error) {
      if (this.config.enabled && error instanceof DomainError && error.kind === 'unauthenticated') {
        const charges = this.limits.of(undefined, ['sign-in']).map((limit) => ({ limit, units: 1 }));
        const decision = await this.limiter.consume(`address ${address}`, charges);
        if (!decision.allowed) throw rateLimited(decision);
      }
      throw error;
    }
  }
}
