import type { Redis } from 'ioredis';

/** Where a server sends invalidations that are redirected to a RESP2 subscriber. */
export const INVALIDATE_CHANNEL = '__redis__:invalidate';

/**
 * Arms client tracking on a data connection (https://redis.io/docs/latest/develop/reference/client-side-caching):
 * every change of a key under the prefixes, by anybody but this connection itself, goes to the subscriber.
 */
export async function armTracking(data: Redis, subscriberId: number, prefixes: readonly string[]): Promise<void> {
  await data.call('CLIENT', 'TRACKING', 'OFF');
  await data.call(
    'CLIENT',
    'TRACKING',
    'ON',
    'REDIRECT',
    String(subscriberId),
    'BCAST',
    ...prefixes.flatMap((prefix) => ['PREFIX', prefix]),
    'NOLOOP',
  );
}

/** The keys of one message: an array of keys, or null where everything was flushed. */
export function trackedKeys(content: unknown): readonly string[] | 'everything' {
  if (!Array.isArray(content)) return 'everything';
  return content.map((key) => (Buffer.isBuffer(key) ? key.toString('latin1') : String(key)));
}
