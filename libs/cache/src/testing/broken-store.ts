import type { LeaseOutcome, LeaseRequest } from '../protocol/lease.js';
import { MemoryStore } from '../stores/memory-store.js';
import type { SharedKeyPage } from '../stores/shared-store.js';
import { SystemClock } from '#kernel';

/** Stores that break the contract in one point each: whoever tests stores must notice every one. */
export const brokenStores = {
  'fills without the lease': class extends MemoryStore {
    override async fill(entryKey: string, token: string, entry: Buffer, lifeMs: number): Promise<boolean> {
      await super.acquire(entryKey, { token, mode: 'take-over', nonce: '', leaseMs: lifeMs });
      return super.fill(entryKey, token, entry, lifeMs);
    }
  },
  'gives a lease to everybody': class extends MemoryStore {
    override async acquire(entryKey: string, request: LeaseRequest): Promise<LeaseOutcome> {
      await super.acquire(entryKey, { ...request, mode: 'take-over' });
      return 'acquired';
    }
  },
  'keeps stamps that were removed': class extends MemoryStore {
    override async unlink(): Promise<void> {}
  },
  'counts its stamps': class extends MemoryStore {
    override async makeStamps(stampKeys: readonly string[], lifeMs: number): Promise<string[]> {
      await super.makeStamps(stampKeys, lifeMs);
      return stampKeys.map(() => '1');
    }
  },
  'keeps its epoch': class extends MemoryStore {
    override async unlinkEpoch(): Promise<void> {}
  },
  'removes more than it was asked to': class extends MemoryStore {
    override async remove(entryKey: string): Promise<void> {
      await this.deleteKeys([entryKey]);
    }
  },
  'forgets the entry under a lease': class extends MemoryStore {
    override async release(entryKey: string, token: string): Promise<void> {
      const read = await this.read(entryKey, []);
      await super.release(entryKey, token);
      if (read.entry !== null) await this.deleteKeys([entryKey]);
    }
  },
  'keeps leases of keys that were deleted': class extends MemoryStore {
    override async deleteKeys(keys: readonly string[]): Promise<number> {
      const found = await Promise.all(keys.map((key) => this.read(key, [])));
      return super.deleteKeys(keys.filter((_, i) => found[i]?.entry?.[0] !== 'L'.charCodeAt(0)));
    }
  },
  'scans whatever a key holds': class extends MemoryStore {
    override scan(prefix: string, cursor: string, count: number): Promise<SharedKeyPage> {
      return super.scan(prefix, cursor, count);
    }
  },
  'lets counters live for ever': class extends MemoryStore {
    override async ttlMs(): Promise<number | undefined> {
      return undefined;
    }
  },
} satisfies Record<string, new (clock: SystemClock) => MemoryStore>;
