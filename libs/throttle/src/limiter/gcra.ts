import type { RateLimit, RateLimitCharge, RateLimitDecision, RateLimitState } from '../rate-limit.js';

/** Below this, rounding a unit to whole microseconds would change the rate by more than 2 %. */
const COARSE_MICROS = 50;

/**
 * Microseconds that one unit takes to come back. Rounded down where that is little, so that all units fit into the
 * period and exactly as many pass at once; limits of more than a million a minute are not rounded, see `chargeMicros`.
 */
export function unitMicros({ limit, periodMs }: RateLimit): number {
  const micros = (periodMs * 1000) / limit;
  return micros < COARSE_MICROS ? micros : Math.floor(micros);
}

/** Microseconds from empty to full. */
export function fullMicros(limit: RateLimit): number {
  return Math.round(unitMicros(limit) * limit.limit);
}

/**
 * Whole microseconds that a charge takes to come back, rounded up. More units than the limit would never pass, and
 * count as all of it.
 */
export function chargeMicros({ limit, units }: RateLimitCharge): number {
  const whole = Math.min(Math.max(0, Math.ceil(units)), limit.limit);
  return Math.min(Math.ceil(unitMicros(limit) * whole), fullMicros(limit));
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
  const after = charges.map((charge, index) => (before[index] as number) + chargeMicros(charge));
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

/** Milliseconds until one unit is back, where none is left; 0 where one is there. Rounded up. */
export function nextUnitMs({ limit, resetMs }: RateLimitState): number {
  return Math.max(0, Math.ceil(resetMs - (unitMicros(limit) * (limit.limit - 1)) / 1000));
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

/**
 * `gcra.ts` in Lua, by the server's clock. KEYS counters; ARGV microseconds of the charge and microseconds from empty to
 * full, for each. Answers, for each, the microseconds until it is empty again and until the charge would pass.
 *
 * One write a counter, with its expiry: a counter without one can't be. Numbers are whole microseconds below 2^53.
 */
export const CONSUME = {
  lua: `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local after = {}
local answer = {}
local allowed = true
for index, key in ipairs(KEYS) do
  local emptyAt = tonumber(redis.call('GET', key)) or now
  if emptyAt < now then emptyAt = now end
  local full = tonumber(ARGV[index * 2])
  -- The clock of a server can be set back, and another server's was another.
  if emptyAt > now + full then emptyAt = now + full end
  after[index] = emptyAt + ARGV[index * 2 - 1]
  local wait = after[index] - full - now
  if wait > 0 then allowed = false else wait = 0 end
  answer[index * 2 - 1] = emptyAt - now
  answer[index * 2] = wait
end
if not allowed then return answer end
for index, key in ipairs(KEYS) do
  local used = after[index] - now
  if tonumber(ARGV[index * 2 - 1]) > 0 then
    redis.call('SET', key, string.format('%.0f', after[index]), 'PX', math.ceil(used / 1000) + 1)
  end
  answer[index * 2 - 1] = used
end
return answer`,
} as const;
