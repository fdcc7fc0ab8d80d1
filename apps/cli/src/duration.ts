import { z } from 'zod';
import { UsageError } from './cli-error.js';

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Milliseconds of `250ms`, `30s`, `5m`, `12h`, `30d` or `2w`; undefined for anything else. */
export function parseDurationMs(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d{1,6})(ms|[smhdw])$/.exec(text) ?? [];
  const unitMs = UNIT_MS[unit];
  return count === undefined || unitMs === undefined ? undefined : Number(count) * unitMs;
}

/** As a person reads it: `90 ms`, `1.5 s`, `12 min`, `3 h`, `7 d`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${round(ms)} ms`;
  if (ms < 120_000) return `${round(ms / 1_000)} s`;
  if (ms < 2 * 3_600_000) return `${round(ms / 60_000)} min`;
  if (ms < 2 * 86_400_000) return `${round(ms / 3_600_000)} h`;
  return `${round(ms / 86_400_000)} d`;
}

function round(value: number): string {
  return Number(value.toPrecision(3)).toString();
}

const isoTime = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);

/** The time that `30d` (also minutes, hours, weeks) or an ISO date means. */
export function parseExpiry(text: string, now: Date): Date {
  const durationMs = parseDurationMs(text);
  if (durationMs !== undefined) return new Date(now.getTime() + durationMs);
  if (!isoTime.safeParse(text).success)
    throw new UsageError(`--expires ${text}: write a time like 12h, 30d or 2030-01-31.`);
  return new Date(text);
}
