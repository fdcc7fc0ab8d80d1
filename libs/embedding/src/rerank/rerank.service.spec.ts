import { inProcessCache } from '#cache/testing';
import { newId, type WorkspaceId } from '#kernel';
import { testPrincipal } from '#kernel/testing';
import { providerCallsOfATest } from '#observability/testing';
import { PriceTable, UsageLedger, UsageService } from '../ledger/usage-ledger.js';
import { ProviderClient } from '../provider-http/provider-client.js';
import { callBudget } from '../testing/call-budget.js';
import { HastyTimer } from '../testing/manual-timer.js';
import { MemoryUsageRepository } from '../testing/memory-usage.repository.js';
import { FakeProviderServer } from '../testing/fake-provider-server.js';
import { NoReranker, RerankService } from './rerank.service.js';
import { VoyageReranker } from './reranker.js';

const ATTEMPT_MS = 10_000;
const DOCUMENTS = ['lunch at noon', 'rotate the database password', 'database password'];

describe('RerankService', () => {
  let standIn: FakeProviderServer;
  let usages: UsageService;
  let workspaceId: WorkspaceId;
  let reranking: RerankService;

  beforeAll(async () => {
    standIn = await FakeProviderServer.start();
  });
  afterAll(() => standIn.close());
  beforeEach(() => {
    standIn.reset();
    workspaceId = newId<WorkspaceId>();
    reranking = create();
  });

  function create(callsOfEach?: number, isOn = true): RerankService {
    const timer = new HastyTimer([ATTEMPT_MS]);
    const client = new ProviderClient(
      {
        name: 'voyage',
        attemptTimeoutMs: ATTEMPT_MS,
        overallTimeoutMs: 20_000,
        maxAttempts: 2,
        breaker: { failuresToOpen: 5, openMs: 10_000 },
      },
      timer.clock,
      timer,
    );
    const options = { baseUrl: standIn.baseUrl('voyage'), apiKey: 'pa-secret', model: 'rerank-2.5' };
    const budget = callBudget(timer.clock, 'voyage', { callsOfEach });
    const repository = new MemoryUsageRepository();
    const ledger = new UsageLedger(repository, timer.clock);
    usages = new UsageService(ledger, repository);
    const reranker = isOn ? new VoyageReranker(options, client) : new NoReranker();
    return new RerankService(reranker, inProcessCache(), budget, ledger, new PriceTable(), providerCallsOfATest());
  }

  const rerank = (documents: readonly string[] = DOCUMENTS, query = 'database password', workspace = workspaceId) =>
    reranking.rerank({ workspaceId: workspace, billedPrincipal: testPrincipal(workspace), query, documents });

  it('answers in the order of the documents, whatever order the provider has', async () => {
    const [lunch, rotate, password] = await rerank();
    expect(password).toBeCloseTo(1, 5);
    expect(rotate).toBeGreaterThan(lunch!);
    expect(standIn.calls).toEqual([
      {
        path: '/voyage/v1/rerank',
        authorization: 'Bearer pa-secret',
        body: { query: 'database password', documents: DOCUMENTS, model: 'rerank-2.5', truncation: true },
      },
    ]);
  });

  it('asks only for pairs that it has not asked for, and reports what that cost and saved', async () => {
    const first = await rerank();
    expect(await rerank([...DOCUMENTS].reverse())).toEqual([...first].reverse());
    expect(standIn.calls).toHaveLength(1);
    await rerank([...DOCUMENTS, 'more']);
    expect(standIn.calls[1]?.body.documents).toEqual(['more']);
    await rerank(DOCUMENTS, 'another query');
    expect(standIn.calls[2]?.body.documents).toEqual(DOCUMENTS);
    expect(await usages.report(workspaceId, {})).toMatchObject({
      calls: 3,
      cachedCalls: 1,
      tokens: 70,
      costUsd: expect.closeTo((70 * 0.05) / 1e6, 12),
      models: [expect.objectContaining({ model: 'rerank-2.5' })],
    });
  });

  it('T12 shares nothing between workspaces', async () => {
    await rerank();
    await rerank(DOCUMENTS, 'database password', newId<WorkspaceId>());
    expect(standIn.calls).toHaveLength(2);
  });

  it.each<[string, object]>([
    ['a score missing', { object: 'list', data: [{ index: 0, relevance_score: 1 }] }],
    ['an index twice', { data: [0, 1, 1].map((index) => ({ index, relevance_score: 1 })) }],
    ['an index too high', { data: [0, 1, 3].map((index) => ({ index, relevance_score: 1 })) }],
    ['no scores', { data: [0, 1, 2].map((index) => ({ index, relevance_score: 'high' })) }],
  ])('takes an answer with %s for none, and remembers nothing of it', async (_, body) => {
    standIn.misbehave({ kind: 'body', body: JSON.stringify(body) });
    await expect(rerank()).rejects.toMatchObject({ kind: 'upstream' });
    expect(await rerank()).toHaveLength(3);
  });

  it('T48 spends the budget of who asks, for what really goes out', async () => {
    reranking = create(1);
    await rerank();
    await rerank();
    await expect(rerank(DOCUMENTS, 'another query')).rejects.toMatchObject({ kind: 'rate-limited' });
  });

  it('reports where there is none', async () => {
    const off = create(undefined, false);
    expect(off.isOn).toBe(false);
    expect(off.model).toBeUndefined();
    await expect(off.rerank({ workspaceId, query: 'a', documents: ['b'] })).rejects.toMatchObject({
      code: 'no-reranker',
    });
  });
});
