import { hash } from 'node:crypto';
import { measured } from '#observability';
import type { RateLimit, RateLimitCharge, RateLimitDecision, RateLimitState } from '../rate-limit.js';
import { chargeMicros, fullMicros, stateOf } from './gcra.js';
import { Limiter, type LimitSubject } from './limiter.js';
import type { LimiterClient } from './limiter-client.js';

/** Apart from the cache's keys: invalidating everything there gives nobody new units. */
const PREFIX = 'ksl:';

/** Counts in Redis or Valkey, for all processes: one round trip for all limits of a request, by the server's clock. */
export class RedisLimiter extends Limiter {
  constructor(private readonly client: LimiterClient) {
    super();
  }

  /** @throws Error where the server did not answer in time. The units may have been taken. */
  async consume(subject: LimitSubject, charges: readonly RateLimitCharge[]): Promise<RateLimitDecision> {
    if (charges.length === 0) return { allowed: true, states: [] };
    const limits = charges.map(({ limit }) => limit);
    const answer = await measured('cache', 'limits.consume', () =>
      this.client.ksConsume(
        charges.length,
        ...keysOf(subject, limits),
        ...charges.flatMap((charge) => [chargeMicros(charge), fullMicros(charge.limit)]),
      ),
    );
    const states = limits.map((limit, index) =>
      stateOf(limit, Number(answer[index * 2]), Number(answer[index * 2 + 1])),
    );
    return { allowed: states.every(({ retryAfterMs }) => retryAfterMs === 0), states };
  }

  async look(subject: LimitSubject, limits: readonly RateLimit[]): Promise<readonly RateLimitState[]> {
    const { states } = await this.consume(
      subject,
      limits.map((limit) => ({ limit, units: 0 })),
    );
    return states;
  }

  async reset(subject: LimitSubject, limits: readonly RateLimit[]): Promise<void> {
    if (limits.length > 0) await this.client.del(...keysOf(subject, limits));
  }
}

/** Subject and member are hashed: they may be long, hold any character, or be somebody's address. */
function keysOf(subject: LimitSubject, limits: readonly RateLimit[]): string[] {
  const slot = `${PREFIX}{${hashOf(subject)}}:`;
  return limits.map(({ name, member }) => (member === undefined ? slot + name : `${slot}${name}:${hashOf(member)}`));
}

function hashOf(text: string): string {
  return hash('sha256', text, 'base64url');
}
