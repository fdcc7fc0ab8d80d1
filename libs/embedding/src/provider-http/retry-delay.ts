import { setTimeout } from 'node:timers/promises';

/** The only way to wait, so that tests can let time pass. */
export abstract class Timer {
  /** Resolves after `ms`, or as soon as `signal` aborts. Never rejects. */
  abstract wait(ms: number, signal?: AbortSignal): Promise<void>;
}

export class SystemTimer extends Timer {
  async wait(ms: number, signal?: AbortSignal): Promise<void> {
    await setTimeout(ms, undefined, { signal }).catch(() => undefined);
  }
}

/**
 * How long a provider asks to be left alone, in milliseconds; undefined where it does not say. Reads `Retry-After` in
 * seconds or as a date (RFC 9110, section 10.2.3), `retry-after-ms`, and OpenAI's `x-ratelimit-reset-requests` and
 * `-tokens` (durations like `1s`, `6m0s`, `17ms`) of the limit that is used up.
 */
export function askedDelayMs(headers: Headers, nowMs: number): number | undefined {
  const exact = Number(headers.get('retry-after-ms') ?? Number.NaN);
  if (Number.isFinite(exact) && exact >= 0) return exact;
  return retryAfterMs(headers.get('retry-after'), nowMs) ?? resetMs(headers);
}

function retryAfterMs(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d+(\.\d+)?$/.test(value.trim())) return Number(value) * 1000;
  const dateMs = Date.parse(value);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}

function resetMs(headers: Headers): number | undefined {
  const resets = ['requests', 'tokens'].flatMap((limit) => {
    const remaining = headers.get(`x-ratelimit-remaining-${limit}`);
    const reset = durationMs(headers.get(`x-ratelimit-reset-${limit}`));
    // A limit with something left is not the one that refused.
    return reset === undefined || (remaining !== null && Number(remaining) > 0) ? [] : [reset];
  });
  return resets.length === 0 ? undefined : Math.max(...resets);
}

const UNIT_MS = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|h|m|s))+$/;

/** Go's notation of durations: `6m0s`, `1.5s`, `17ms`. */
export function durationMs(value: string | null): number | undefined {
  if (value === null) return undefined;
  const text = value.trim();
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (!DURATION.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/gy))
    total += Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS];
  return total;
}

/**
 * Exponential backoff with full jitter: a random share of a bound that doubles with each attempt (Brooker,
 * "Exponential Backoff and Jitter", AWS Architecture Blog, 2015).
 * @param attempt 1 after the first failure
 * @param random from 0 to below 1
 */
export function backoffMs(attempt: number, baseMs: number, capMs: number, random: number): number {
  return Math.round(random * Math.min(capMs, baseMs * 2 ** (attempt - 1)));
}
