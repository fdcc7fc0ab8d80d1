import { z } from 'zod';

/**
 * An id as a request names it: a UUID in either case, in the lower case in which everything is stored. Cache keys and
 * tags are built from ids, so one thing must have one name. What is no UUID is reported as such.
 */
export const entityId = (reported?: string) => z.uuid(reported).toLowerCase();

/** The id of a path parameter as the cache of responses names it, which sees requests before they are validated. */
export function namedId(params: Readonly<Record<string, string>>, name = 'id'): string {
  return (params[name] ?? '').toLowerCase();
}

/** A text that is kept as it is given, spaces at its ends as well, and holds something else than spaces. */
export function textField(maxLength: number): z.ZodString {
  return z.string().min(1).max(maxLength).refine(isNotBlank, 'must not be empty');
}

function isNotBlank(value: string): boolean {
  return value.trim() !== '';
}

const A_TIME = 'write a time like 2026-11-21T12:00:00Z';

/**
 * A point in time, kept as text. In UTC it is of the years 1 to 9999, which is what answers can show.
 * @param options.offset false: written in UTC, with Z
 */
export const timeField = ({ offset = true, error = A_TIME } = {}) =>
  z.iso.datetime({ offset, error }).refine(isOfOurEra, 'must be of the years 1 to 9999 in UTC');

/** A day of the years 1 to 9999. */
export const dayField = () =>
  z.iso.date({ error: 'write a day like 2026-11-21' }).refine(isOfOurEra, 'must be of the years 1 to 9999');

/** What is no time at all is reported as that alone. */
function isOfOurEra(text: string): boolean {
  const year = new Date(text).getUTCFullYear();
  return Number.isNaN(year) || (year >= 1 && year <= 9999);
}
