import { z } from 'zod';
import { UsageError } from '../cli-error.js';

const unitMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

const isoTime = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);

/** The time that `30d` (also minutes, hours, weeks) or an ISO date means. */
export function parseExpiry(text: string, now: Date): Date {
  const [, count, unit = ''] = /^(\d{1,6})([mhdw])$/.exec(text) ?? [];
  if (count !== undefined) return new Date(now.getTime() + Number(count) * (unitMs[unit] ?? 0));
  if (!isoTime.safeParse(text).success)
    throw new UsageError(`--expires ${text}: write a time like 12h, 30d or 2030-01-31.`);
  return new Date(text);
}
