import type { LeaseOutcome, LeaseRequest } from '../protocol/lease.js';
import { DomainError } from '#kernel';

/** What one round trip found. Stamps are in the order they were asked for; null is missing. */
export interface SharedRead {
  readonly entry: Buffer | null;
  /** The epoch of every place the read touched, or null where one is missing or of another server. */
  readonly epoch: string | null;
  readonly stamps: readonly (string | null)[];
}

export interface SharedKeyPage {
  readonly keys: readonly string[];
  /** '0' when the scan is complete. */
  readonly cursor: string;
}

/** The shared tier can't be asked now, or did not answer in time. Never reaches a caller of the cache: the source answers instead. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

/**
 * The shared tier: entries, stamps, epoch and counters. Every step on one key is atomic. Any method rejects with
 * `StoreUnavailableError` when the tier is closed or late (a late command may still take effect); none waits for
 * longer than the command timeout.
 *
 * Implementations pass `sharedStoreContract` in `testing/`.
 */
export abstract class SharedStore {
  /** Whether requests are accepted: connected, checked, and not failing. */
  abstract readonly isOpen: boolean;

  /**
   * Reads the entry, the epoch of the places it touches, and the stamps together. With `binding` everything but the
   * entry itself, for who holds it already.
   */
  abstract read(entryKey: string, stampKeys: readonly string[], what?: 'entry' | 'binding'): Promise<SharedRead>;

  /** Makes the missing ones of these stamps and answers all as they now are. Existing ones are kept. */
  abstract makeStamps(stampKeys: readonly string[], lifeMs: number): Promise<string[]>;

  /** Makes the epoch where it is missing or foreign, and answers what the read of these keys would answer now. */
  abstract makeEpoch(entryKey: string, stampKeys: readonly string[]): Promise<string>;

  /** Prolongs stamps that exist. Not waited for: a lost renewal costs a miss. */
  abstract renewStamps(stampKeys: readonly string[], lifeMs: number): void;

  /** See `acquireLease` in `lease.ts`. */
  abstract acquire(entryKey: string, request: LeaseRequest): Promise<LeaseOutcome>;

  /**
   * See `fillEntry`. False: the lease was lost and nothing was stored.
   * @param overEntry whether the lease was acquired with the mode `over-entry`
   */
  abstract fill(entryKey: string, token: string, entry: Buffer, lifeMs: number, overEntry: boolean): Promise<boolean>;

  /** Prolongs a lease that is still held. False: it was lost. */
  abstract renew(entryKey: string, token: string, leaseMs: number): Promise<boolean>;

  /** See `releaseLease`. */
  abstract release(entryKey: string, token: string): Promise<void>;

  /** Removes the entry with this nonce and no other. */
  abstract remove(entryKey: string, nonce: string): Promise<void>;

  /** Invalidates: in one round trip, whatever hangs on these stamps. Repeating it is harmless. */
  abstract unlink(stampKeys: readonly string[]): Promise<void>;

  /** Invalidates everything. */
  abstract unlinkEpoch(): Promise<void>;

  /** Deletes keys as such. For administrators and erasure; invalidation never needs it. */
  abstract deleteKeys(keys: readonly string[]): Promise<number>;

  /** Remaining life of a key in milliseconds; undefined where it does not exist. */
  abstract ttlMs(key: string): Promise<number | undefined>;

  /** Bytes of a key's value; undefined where it does not exist. */
  abstract sizeOf(key: string): Promise<number | undefined>;

  /** Adds to a counter and gives it a life in the same step, also when it exists without one. Answers the new count. */
  abstract increment(key: string, by: number, lifeMs: number): Promise<number>;

  /**
   * One page of the keys that start with `prefix`. May repeat keys; never blocks the server.
   * @param part only of those that hold this text behind the prefix
   */
  abstract scan(prefix: string, cursor: string, count: number, part?: string): Promise<SharedKeyPage>;

  /** A timed round trip. */
  abstract ping(): Promise<void>;

  abstract close(): Promise<void>;
}

/** For what can't be done without the shared tier. */
export function cacheUnavailable(): DomainError {
  return new DomainError({
    code: 'cache-unavailable',
    kind: 'unavailable',
    detail: 'The shared tier of the cache is unavailable; GET /v1/admin/cache/health says why.',
    retryAfterSeconds: 1,
  });
}
