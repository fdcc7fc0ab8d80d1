import { newId, type WorkspaceId } from '#kernel';
import { ManualClock } from '#kernel/testing';
import { MemoryUsageRepository } from '../testing/memory-usage.repository.js';
import { PriceTable, UsageLedger, UsageService } from './usage-ledger.js';

const MODEL = { provider: 'voyage', model: 'voyage-4' } as const;

describe('UsageLedger', () => {
  const clock = new ManualClock(Date.UTC(2030, 0, 31, 23, 59));
  let workspaceId: WorkspaceId;
  let repository: MemoryUsageRepository;
  let ledger: UsageLedger;
  let usages: UsageService;

  beforeEach(() => {
    workspaceId = newId<WorkspaceId>();
    repository = new MemoryUsageRepository();
    ledger = new UsageLedger(repository, clock);
    usages = new UsageService(ledger, repository);
  });

  it('writes nothing for each request, and one sum when it is asked', async () => {
    for (let n = 0; n < 100; n++) await ledger.record(workspaceId, MODEL, { calls: 1, tokens: 10, costUsd: 0.5 });
    expect(repository.writes).toBe(0);
    expect(await usages.report(workspaceId, {})).toMatchObject({ calls: 100, tokens: 1_000, costUsd: 50 });
    expect(repository.writes).toBe(1);
  });

  it('keeps days apart', async () => {
    await ledger.record(workspaceId, MODEL, { calls: 1 });
    clock.advance(120_000);
    await ledger.record(workspaceId, MODEL, { calls: 2 });
    expect(await usages.report(workspaceId, { to: '2030-01-31' })).toMatchObject({ calls: 1 });
    expect(await usages.report(workspaceId, { from: '2030-02-01' })).toMatchObject({ calls: 2 });
    expect(await usages.report(workspaceId, {})).toMatchObject({ calls: 3 });
  });

  it('loses nothing while the database is away', async () => {
    await ledger.record(workspaceId, MODEL, { calls: 1 });
    repository.failNext = true;
    await expect(usages.report(workspaceId, {})).rejects.toThrow('the database is away');
    await ledger.record(workspaceId, MODEL, { calls: 1 });
    expect(await usages.report(workspaceId, {})).toMatchObject({ calls: 2 });
  });

  it('is written when the process stops, also what comes after', async () => {
    await ledger.record(workspaceId, MODEL, { calls: 1 });
    await ledger.beforeApplicationShutdown();
    await ledger.record(workspaceId, MODEL, { calls: 1 });
    expect(await repository.sum(workspaceId, {})).toMatchObject([{ calls: 2 }]);
  });
});

describe('PriceTable', () => {
  it('has the listed prices, and those of the configuration over them', () => {
    const prices = new PriceTable({ 'voyage/voyage-4': 1, 'openai/mine': 2 });
    expect(prices.costUsd('voyage', 'voyage-4', 1_000_000)).toBe(1);
    expect(prices.costUsd('openai', 'mine', 500_000)).toBe(1);
    expect(prices.costUsd('openai', 'text-embedding-3-small', 1_000_000)).toBe(0.02);
    expect(prices.costUsd('local', 'lexical-1', 1_000_000)).toBe(0);
    expect(prices.knows('openai', 'unheard-of')).toBe(false);
  });
});
