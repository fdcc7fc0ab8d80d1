import type { RedisStore } from './redis-store.js';
import { parseInfo } from './server-facts.js';

/** What one server uses of its memory. */
export interface ServerMemory {
  readonly usedBytes: number;
  /** `maxmemory`; undefined where there is no limit. */
  readonly limitBytes: number | undefined;
}

/** Of every server that answers, asked now. Rejects where one does not, or INFO is not allowed. */
export function readServerMemory(store: RedisStore): Promise<ServerMemory[]> {
  return Promise.all(
    store.checkedConnections.map(async ({ redis }) => {
      const info = parseInfo(await redis.info('memory'));
      const limitBytes = Number(info.get('maxmemory') ?? 0);
      return { usedBytes: Number(info.get('used_memory')), limitBytes: limitBytes === 0 ? undefined : limitBytes };
    }),
  );
}
