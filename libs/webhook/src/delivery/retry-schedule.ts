/** From the first attempt on; then it is given up. */
export const RETRY_FOR_MS = 24 * 3_600_000;

const FIRST_DELAY_MS = 5_000;
const GROWTH = 3;
const LONGEST_DELAY_MS = 3_600_000;
/** So that what failed together is not tried together again. */
const SPREAD = 0.1;

/**
 * When a delivery is tried again: after about 5 s, 15 s, 45 s, 2 min, 7 min, 20 min, then every hour, and once more at the end of
 * a day.
 * @param attempts that were made, 1 or more
 * @param random from 0 to 1
 * @param afterMs what the receiver asked for (`Retry-After`), where that is longer; at most an hour of it
 * @returns undefined: the time is over
 */
export function nextAttemptAt(
  { attempts, firstAt, now }: { readonly attempts: number; readonly firstAt: Date; readonly now: Date },
  random: number,
  afterMs = 0,
): Date | undefined {
  const endMs = firstAt.getTime() + RETRY_FOR_MS;
  if (now.getTime() >= endMs) return undefined;
  const growing = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * GROWTH ** Math.min(attempts - 1, 20));
  const delayMs = Math.max(growing * (1 + SPREAD * (2 * random - 1)), Math.min(afterMs, LONGEST_DELAY_MS));
  return new Date(Math.min(endMs, now.getTime() + Math.round(delayMs)));
}

/** What `Retry-After` says (RFC 9110, section 10.2.3), in milliseconds from now; 0 where it says nothing. */
export function retryAfterMs(header: string | undefined, now: Date): number {
  if (header === undefined) return 0;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? 0 : Math.max(0, at - now.getTime());
}
