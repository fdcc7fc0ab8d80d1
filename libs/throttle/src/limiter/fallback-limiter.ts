import { Logger } from '@nestjs/common';
import { DomainError, messageOf } from '#kernel';
import type { RateLimit, RateLimitCharge, RateLimitDecision, RateLimitState } from '../rate-limit.js';
import { Limiter, type LimitSubject } from './limiter.js';
import type { LocalLimiter } from './local-limiter.js';

/** How long the shared limiter is left alone after a failure, so that an outage costs one request in a while a wait. */
const REST_MS = 1_000;

/**
 * Counts in the shared limiter, and in this process alone while that is away: limits then hold for each process, from
 * what the shared limiter has last said of each counter, and health says so. Never rejects for an outage, but where all processes are meant: a reset.
 */
export class FallbackLimiter extends Limiter {
  private readonly logger = new Logger('limits');
  private restsUntilMs = 0;

  constructor(
    private readonly shared: Limiter,
    private readonly local: LocalLimiter,
    private readonly nowMs: () => number = () => performance.now(),
  ) {
    super();
  }

  /** Whether limits are counted in this process alone now. */
  get isLocal(): boolean {
    return this.restsUntilMs > 0;
  }

  consume(subject: LimitSubject, charges: readonly RateLimitCharge[]): Promise<RateLimitDecision> {
    return this.ask(
      (limiter) => limiter.consume(subject, charges),
      ({ states }) => this.local.adopt(subject, states),
    );
  }

  look(subject: LimitSubject, limits: readonly RateLimit[]): Promise<readonly RateLimitState[]> {
    return this.ask(
      (limiter) => limiter.look(subject, limits),
      (states) => this.local.adopt(subject, states),
    );
  }

  /** Rejects with `limits-unavailable` while the shared limiter is away: what others count is not given back then. */
  async reset(subject: LimitSubject, limits: readonly RateLimit[]): Promise<void> {
    await this.local.reset(subject, limits);
    try {
      await this.shared.reset(subject, limits);
    } catch (cause) {
      throw new DomainError({
        code: 'limits-unavailable',
        kind: 'unavailable',
        detail: 'The counters of all processes are out of reach, and were not reset. Try again when Redis answers.',
        retryAfterSeconds: 1,
        cause,
      });
    }
  }

  private async ask<Answer>(
    question: (limiter: Limiter) => Promise<Answer>,
    learn: (answer: Answer) => void,
  ): Promise<Answer> {
    const now = this.nowMs();
    if (now < this.restsUntilMs) return question(this.local);
    // Others do not wait for the one that looks whether the shared limiter is back.
    if (this.isLocal) this.restsUntilMs = now + REST_MS;
    try {
      const answer = await question(this.shared);
      if (this.isLocal) this.logger.log('Limits are counted for all processes again.');
      this.restsUntilMs = 0;
      learn(answer);
      return answer;
    } catch (error) {
      if (!this.isLocal) this.logger.warn(`Limits are counted in this process alone: ${messageOf(error)}`);
      this.restsUntilMs = this.nowMs() + REST_MS;
      return question(this.local);
    }
  }
}
