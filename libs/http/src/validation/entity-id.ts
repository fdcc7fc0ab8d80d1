import { z } from 'zod';

/**
 * An id as a request names it: a UUID in either case, in the lower case in which everything is stored. Cache keys and
 * tags are built from ids, so one thing must have one name. What is no UUID is told so.
 */
export const entityId = (told?: string) => z.uuid(told).toLowerCase();

/** The id of a path parameter as the cache of responses names it, which sees requests before they are validated. */
export function namedId(params: Readonly<Record<string, string>>, name = 'id'): string {
  return (params[name] ?? '').toLowerCase();
}
