import { z } from 'zod';
import { UsageError } from '../cli-error.js';
import { parseDurationMs } from '../duration.js';

const isoTime = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);

/** The time that `30d` (also minutes, hours, weeks) or an ISO date means. */
export function parseExpiry(text: string, now: Date): Date {
  const durationMs = parseDurationMs(text);
  if (durationMs !== undefined) return new Date(now.getTime() + durationMs);
  if (!isoTime.safeParse(text).success)
    throw new UsageError(`--expires ${text}: write a time like 12h, 30d or 2030-01-31.`);
  return new Date(text);
}
