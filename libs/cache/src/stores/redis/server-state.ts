import type { RedisStore } from './redis-store.js';
import { parseInfo } from './server-facts.js';

/** What one server does, and what it uses of its memory. */
export interface ServerState {
  readonly uptimeSeconds: number;
  /** Connections to it, anybody's. */
  readonly clients: number;
  /** Commands that it has executed in the last second or so, anybody's. */
  readonly operationsPerSecond: number;
  readonly usedBytes: number;
  /** `maxmemory`; undefined where there is no limit. */
  readonly limitBytes: number | undefined;
  /** Keys that were pushed out, anybody's, since the server started. */
  readonly evictions: number;
}

/** Of every server that answers, asked now. Rejects where one does not, or INFO is not allowed. */
export function readServerStates(store: RedisStore): Promise<ServerState[]> {
  return Promise.all(
    store.checkedConnections.map(async (connection) => {
      const info = parseInfo(await connection.check(connection.redis.info()));
      const numberOf = (field: string) => Number(info.get(field) ?? 0);
      const limitBytes = numberOf('maxmemory');
      return {
        uptimeSeconds: numberOf('uptime_in_seconds'),
        clients: numberOf('connected_clients'),
        operationsPerSecond: numberOf('instantaneous_ops_per_sec'),
        usedBytes: numberOf('used_memory'),
        limitBytes: limitBytes === 0 ? undefined : limitBytes,
        evictions: numberOf('evicted_keys'),
      };
    }),
  );
}
