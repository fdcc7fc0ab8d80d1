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
