import { FakeTransactionRunner } from '#database/testing';
import { ManualClock } from '#kernel/testing';
import { invalidationOutboxContract } from '../testing/invalidation-outbox.contract.js';
import { MemoryOutbox, OutboxTable } from '../testing/memory-outbox.js';

describe('the outbox of tests', () => {
  it.each(invalidationOutboxContract.map((contract) => [contract.name, contract] as const))(
    '%s',
    async (_name, contract) => {
      const clock = new ManualClock();
      const table = new OutboxTable();
      const transactions = new FakeTransactionRunner();
      const [outbox, other] = [new MemoryOutbox(table, clock, transactions), new MemoryOutbox(table, clock)];
      await contract.run({
        outbox,
        other,
        inTransaction: (work) => transactions.run(work),
        passMs: async (ms) => clock.advance(ms),
      });
      expect(table.rows.size).toBeLessThanOrEqual(4);
    },
  );
});
