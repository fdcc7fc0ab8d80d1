import type { RedisTimeouts } from './redis-connection.js';
import type { ServerFacts } from './server-facts.js';

export interface RedisStoreOptions extends RedisTimeouts {
  /** Failures in a row that open the breaker. */
  readonly failuresToOpen: number;
  /** Longest pause between two attempts to recover. */
  readonly retryDelayMs: number;
  /**
   * How long a silent server stays trusted, and how long the last answer of who takes writes. A server that was paused
   * for longer may have been replaced meanwhile, so it must be checked before it answers again. Must be below what the
   * Sentinels or the Cluster need for a failover.
   */
  readonly trustMs: number;
  /**
   * How long a server that has just become a master of a set or a Cluster is left alone before the first process makes
   * its epoch, without which nothing on it can be read. Longer than `trustMs`: by then nobody trusts the master before
   * it, which may still answer to whom it reaches.
   */
  readonly handOverMs: number;
  /**
   * How long servers that were just recorded as those that take the writes are left alone, for deletions too: by then
   * every other process has seen the record, or has not seen it for so long that it bypasses what may change.
   */
  readonly termSettleMs: number;
  /** How often a silent connection is asked, and how often the topology is. */
  readonly heartbeatMs: number;
  /** Most keys in one MGET. */
  readonly batchKeys: number;
}

export const DEFAULT_REDIS_OPTIONS: RedisStoreOptions = {
  commandTimeoutMs: 50,
  connectTimeoutMs: 1_000,
  failuresToOpen: 3,
  retryDelayMs: 500,
  trustMs: 1_000,
  handOverMs: 1_500,
  termSettleMs: 750,
  heartbeatMs: 250,
  batchKeys: 512,
};

/** Who hears what becomes of the connection. */
export interface RedisStoreListener {
  /**
   * The last steps before the gate opens: everything that must not be read before it is done. `unlink` works already,
   * reads do not. Rejecting keeps the gate closed.
   */
  beforeOpen(): Promise<void>;
  opened(facts: ServerFacts | undefined, missingFeatures: readonly string[]): void;
  closed(reason: string): void;
  /** The epoch is another: whatever was read before is invalid. */
  epochChanged(): void;
}
