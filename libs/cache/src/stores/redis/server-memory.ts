import type { RedisStore } from './redis-store.js';
import { parseInfo } from './server-facts.js';

/** What one server uses of its memory. */
export interface ServerMemory {
  readonly usedBytes: number;
  /** `maxmemory`; undefined where there is no limit. */
  readonly limitBytes: number | undefined;
  /** Keys that were pushed out, anybody's, since the server started. */
  readonly evictions: number;
}

/** Of every server that answers, asked now. Rejects where one does not, or INFO is not allowed. */
export function readServerMemory(store: RedisStore): Promise<ServerMemory[]> {
  return Promise.all(
    store.checkedConnections.map(async ({ redis }) => {
      // A Redis before 7 takes one section at a time.
      const [memory, stats] = await Promise.all([redis.info('memory'), redis.info('stats')]);
      const info = parseInfo(`${memory}\n${stats}`);
      const limitBytes = Number(info.get('maxmemory') ?? 0);
      return {
        usedBytes: Number(info.get('used_memory')),
        limitBytes: limitBytes === 0 ? undefined : limitBytes,
        evictions: Number(info.get('evicted_keys') ?? 0),
      };
    }),
  );
}
