import type { Clock } from '#kernel';
import { LRUCache } from 'lru-cache';
import { cellOf, encodeLease, withLease } from '../protocol/entry.js';
import { newEpoch } from '../protocol/epoch.js';
import {
  acquireLease,
  fillEntry,
  holdsLease,
  type LeaseOutcome,
  type LeaseRequest,
  releaseLease,
  removeEntry,
} from '../protocol/lease.js';
import { randomId } from '../protocol/random-id.js';
import { type SharedKeyPage, type SharedRead, SharedStore } from './shared-store.js';

interface Slot {
  readonly bytes: Buffer;
  readonly expiresAtMs: number;
}

/**
 * The shared tier of one process that is alone: the same protocol, the same promise, no network. Bounded by bytes;
 * the least recently used go first, stamps included (a stamp that is gone makes its entries misses).
 */
export class MemoryStore extends SharedStore {
  readonly isOpen = true;
  private readonly slots: LRUCache<string, Slot>;
  private readonly identity = randomId();
  private epoch: string | null = newEpoch(this.identity);

  constructor(
    private readonly clock: Clock,
    maxBytes = 64 * 1024 * 1024,
  ) {
    super();
    this.slots = new LRUCache({
      maxSize: maxBytes,
      sizeCalculation: (slot, key) => slot.bytes.length + key.length * 2 + 96,
    });
  }

  async read(entryKey: string, stampKeys: readonly string[], what: 'entry' | 'binding' = 'entry'): Promise<SharedRead> {
    const stamps: (string | null)[] = [];
    for (let i = 0; i < stampKeys.length; i++) stamps.push(this.stamp(stampKeys[i] as string));
    return { entry: what === 'binding' ? null : this.bytes(entryKey), epoch: this.epoch, stamps };
  }

  async makeStamps(stampKeys: readonly string[], lifeMs: number): Promise<string[]> {
    return stampKeys.map((key) => {
      const found = this.stamp(key);
      if (found !== null) return found;
      const made = randomId();
      this.store(key, Buffer.from(made, 'latin1'), lifeMs);
      return made;
    });
  }

  async makeEpoch(): Promise<string> {
    return (this.epoch ??= newEpoch(this.identity));
  }

  renewStamps(stampKeys: readonly string[], lifeMs: number): void {
    for (const key of stampKeys) this.prolong(key, lifeMs);
  }

  async acquire(entryKey: string, request: LeaseRequest): Promise<LeaseOutcome> {
    const bytes = this.bytes(entryKey);
    const { outcome, cell } = acquireLease(cellOf(bytes), request, this.clock.nowMs());
    if (outcome !== 'acquired') return outcome;
    if (cell.kind === 'lease') this.store(entryKey, Buffer.from(encodeLease(cell.token), 'latin1'), request.leaseMs);
    else if (cell.kind === 'entry' && bytes !== null) {
      this.replace(entryKey, withLease(bytes, cell.leaseToken, cell.leaseDeadlineMs));
      this.prolong(entryKey, request.leaseMs);
    }
    return outcome;
  }

  async fill(entryKey: string, token: string, entry: Buffer, lifeMs: number): Promise<boolean> {
    const { stored } = fillEntry(cellOf(this.bytes(entryKey)), token, '');
    if (stored) this.store(entryKey, entry, lifeMs);
    return stored;
  }

  async renew(entryKey: string, token: string, leaseMs: number): Promise<boolean> {
    const bytes = this.bytes(entryKey);
    const cell = cellOf(bytes);
    if (!holdsLease(cell, token) || bytes === null) return false;
    if (cell.kind === 'entry') this.replace(entryKey, withLease(bytes, token, this.clock.nowMs() + leaseMs));
    this.prolong(entryKey, leaseMs);
    return true;
  }

  async release(entryKey: string, token: string): Promise<void> {
    const bytes = this.bytes(entryKey);
    const before = cellOf(bytes);
    const after = releaseLease(before, token);
    if (after === before || bytes === null) return;
    if (after.kind === 'entry') this.replace(entryKey, withLease(bytes, null, 0));
    else this.slots.delete(entryKey);
  }

  async remove(entryKey: string, nonce: string): Promise<void> {
    const before = cellOf(this.bytes(entryKey));
    if (removeEntry(before, nonce) !== before) this.slots.delete(entryKey);
  }

  async unlink(stampKeys: readonly string[]): Promise<void> {
    for (const key of stampKeys) this.slots.delete(key);
  }

  async unlinkEpoch(): Promise<void> {
    this.epoch = null;
  }

  async deleteKeys(keys: readonly string[]): Promise<number> {
    let deleted = 0;
    for (const key of keys) if (this.slots.delete(key)) deleted++;
    return deleted;
  }

  async ttlMs(key: string): Promise<number | undefined> {
    const slot = this.live(key);
    return slot === undefined ? undefined : slot.expiresAtMs - this.clock.nowMs();
  }

  async sizeOf(key: string): Promise<number | undefined> {
    return this.live(key)?.bytes.length;
  }

  async increment(key: string, by: number, lifeMs: number): Promise<number> {
    const slot = this.live(key);
    const count = Number(slot?.bytes.toString('latin1') ?? 0) + by;
    this.slots.set(key, {
      bytes: Buffer.from(String(count), 'latin1'),
      expiresAtMs: slot?.expiresAtMs ?? this.clock.nowMs() + lifeMs,
    });
    return count;
  }

  async scan(prefix: string, cursor: string, count: number, part = ''): Promise<SharedKeyPage> {
    const isAsked = (key: string) => key.startsWith(prefix) && key.includes(part, prefix.length);
    const keys = [...this.slots.keys()].filter((key) => isAsked(key) && this.live(key) !== undefined).sort();
    const start = Number(cursor);
    const end = Math.min(keys.length, start + count);
    return { keys: keys.slice(start, end), cursor: end >= keys.length ? '0' : String(end) };
  }

  async ping(): Promise<void> {}

  async close(): Promise<void> {
    this.slots.clear();
  }

  /** Bytes in use. */
  get usedBytes(): number {
    return this.slots.calculatedSize;
  }

  private live(key: string): Slot | undefined {
    const slot = this.slots.get(key);
    if (slot === undefined) return undefined;
    if (slot.expiresAtMs > this.clock.nowMs()) return slot;
    this.slots.delete(key);
    return undefined;
  }

  private bytes(key: string): Buffer | null {
    return this.live(key)?.bytes ?? null;
  }

  private stamp(key: string): string | null {
    const slot = this.live(key);
    return slot === undefined ? null : slot.bytes.toString('latin1');
  }

  private store(key: string, bytes: Buffer, lifeMs: number): void {
    this.slots.set(key, { bytes, expiresAtMs: this.clock.nowMs() + lifeMs });
  }

  private replace(key: string, bytes: Buffer): void {
    const slot = this.slots.peek(key);
    if (slot !== undefined) this.slots.set(key, { bytes, expiresAtMs: slot.expiresAtMs });
  }

  private prolong(key: string, lifeMs: number): void {
    const slot = this.slots.peek(key);
    const until = this.clock.nowMs() + lifeMs;
    if (slot !== undefined && slot.expiresAtMs < until) this.slots.set(key, { bytes: slot.bytes, expiresAtMs: until });
  }
}
