import type { RateLimit, RateLimitCharge, RateLimitDecision, RateLimitState } from '../rate-limit.js';

/** Microseconds that one unit takes to come back; rounded down, so that all units fit into the period. */
export function unitMicros({ limit, periodMs }: RateLimit): number {
  return Math.floor((periodMs * 1000) / limit);
}

/** Microseconds from empty to full. */
export function fullMicros(limit: RateLimit): number {
  return unitMicros(limit) * limit.limit;
}

/** Units to take: more than the limit would never pass, and count as all of it. */
export function unitsOf({ limit, units }: RateLimitCharge): number {
  return Math.min(Math.max(0, Math.ceil(units)), limit.limit);
}

/**
 * Decides all limits at one moment.
 * @param emptyAt when each counter is empty again, in microseconds; in the past or absent: it is empty
 * @returns the decision, and when each counter is empty after it
 */
export function decide(
  charges: readonly RateLimitCharge[],
  emptyAt: readonly (number | undefined)[],
  nowMicros: number,
): { readonly decision: RateLimitDecision; readonly emptyAt: readonly number[] } {
  const before = charges.map((_, index) => Math.max(emptyAt[index] ?? nowMicros, nowMicros));
  const after = charges.map((charge, index) => (before[index] as number) + unitMicros(charge.limit) * unitsOf(charge));
  const waits = charges.map((charge, index) =>
    Math.max(0, (after[index] as number) - fullMicros(charge.limit) - nowMicros),
  );
  const allowed = waits.every((wait) => wait === 0);
  const chosen = allowed ? after : before;
  return {
    decision: {
      allowed,
      states: charges.map(({ limit }, index) =>
        stateOf(limit, (chosen[index] as number) - nowMicros, waits[index] as number),
      ),
    },
    emptyAt: chosen,
  };
}

/** @param usedMicros until the counter is empty again */
export function stateOf(limit: RateLimit, usedMicros: number, waitMicros: number): RateLimitState {
  return {
    limit,
    remaining: Math.max(0, Math.floor((fullMicros(limit) - usedMicros) / unitMicros(limit))),
    resetMs: Math.ceil(Math.max(0, usedMicros) / 1000),
    retryAfterMs: Math.ceil(waitMicros / 1000),
  };
}
