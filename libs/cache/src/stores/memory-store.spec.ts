import { ManualClock } from '#kernel/testing';
import { brokenStores } from '../testing/broken-store.js';
import { sharedStoreContract, type SharedStoreSubject } from '../testing/shared-store.contract.js';
import { MemoryStore } from './memory-store.js';

function subjectOf(Store: new (clock: ManualClock) => MemoryStore): SharedStoreSubject {
  const clock = new ManualClock();
  return {
    store: new Store(clock),
    prefix: 'ks:',
    passMs: async (ms) => clock.advance(ms),
  };
}

describe('MemoryStore', () => {
  it.each(sharedStoreContract.map((contract) => [contract.name, contract] as const))('%s', async (_name, contract) => {
    await contract.run(subjectOf(MemoryStore));
  });

  it('stays within its bytes, and what was pushed out is a miss', async () => {
    const store = new MemoryStore(new ManualClock(), 4_096);
    for (let i = 0; i < 100; i++) {
      await store.acquire(`ks:v:${i}`, { token: 't'.repeat(16), mode: 'fresh-key', nonce: '', leaseMs: 5_000 });
      await store.fill(`ks:v:${i}`, 't'.repeat(16), Buffer.alloc(300), 60_000);
    }
    expect(store.usedBytes).toBeLessThanOrEqual(4_096);
    expect((await store.read('ks:v:0', [])).entry).toBeNull();
    expect((await store.read('ks:v:99', [])).entry).not.toBeNull();
  });
});

describe('the contract of shared stores', () => {
  it.each(Object.entries(brokenStores))('notices a store that %s', async (_name, Store) => {
    const failures: string[] = [];
    for (const contract of sharedStoreContract) {
      await contract.run(subjectOf(Store)).catch((error: Error) => failures.push(`${contract.name}: ${error.message}`));
    }
    expect(failures).not.toEqual([]);
  });
});
