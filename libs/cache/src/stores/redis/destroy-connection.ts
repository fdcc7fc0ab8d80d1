import type { Redis } from 'ioredis';

/** Ends a connection at once; commands under way are rejected. A server that is paused never answers the polite end. */
export function destroyConnection(client: Redis): void {
  client.disconnect();
  (client as unknown as { stream?: { destroy?(): void } }).stream?.destroy?.();
}
