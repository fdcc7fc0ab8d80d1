import { newId, type Principal, type WorkspaceId } from '#kernel';
import { ManualClock, testPrincipal } from '#kernel/testing';
import { inProcessCache } from '#cache/testing';
import { providerCallsOfATest } from '#observability/testing';
import { EngineVectorCache } from './embedding.cache.js';
import { upstreamFailed } from './embedding.errors.js';
import { type EmbeddingRequest, EmbeddingService } from './embedding.service.js';
import { PriceTable, UsageLedger, UsageService } from './ledger/usage-ledger.js';
import { OffEmbeddingProvider } from './provider/embedding-provider.js';
import { callBudget, type TestBudget } from './testing/call-budget.js';
import { FakeEmbeddingProvider } from './testing/fake-embedding.provider.js';
import { MemoryUsageRepository } from './testing/memory-usage.repository.js';

describe('EmbeddingService', () => {
  const clock = new ManualClock();
  let provider: FakeEmbeddingProvider;
  let usages: UsageService;
  let workspaceId: WorkspaceId;
  let embeddings: EmbeddingService;

  const create = (limits: TestBudget = {}) => {
    const budget = callBudget(clock, provider.name, limits);
    const repository = new MemoryUsageRepository();
    const ledger = new UsageLedger(repository, clock);
    usages = new UsageService(ledger, repository);
    const prices = new PriceTable({ 'voyage/voyage-4': 100 });
    return new EmbeddingService(
      provider,
      new EngineVectorCache(inProcessCache()),
      budget,
      ledger,
      prices,
      providerCallsOfATest(),
    );
  };

  beforeEach(() => {
    provider = new FakeEmbeddingProvider();
    workspaceId = newId<WorkspaceId>();
    embeddings = create();
  });

  const billedPrincipal = (id: string, rest: Partial<Principal> = {}) => testPrincipal(workspaceId, id, rest);
  const embed = (texts: readonly string[], rest: Partial<EmbeddingRequest> = {}) =>
    embeddings.embed({ workspaceId, billedPrincipal: billedPrincipal('p'), inputType: 'none', texts, ...rest });
  const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, n) => `text ${from + n}`);

  it('T44 embeds 150 of 300 texts where 100 are known and 50 come twice, in calls of the provider’s size', async () => {
    await embed(numbered(100));
    provider.calls.length = 0;
    provider.limits = { textsPerCall: 64, tokensPerCall: 100_000 };
    const texts = [...numbered(100), ...numbered(50, 1_000), ...numbered(50, 1_000), ...numbered(100, 2_000)];
    expect(texts).toHaveLength(300);

    const { vectors, cacheHits } = await embed(texts);

    expect(provider.calls.map(({ texts: sent }) => sent.length)).toEqual([64, 64, 22]);
    expect(new Set(provider.texts).size).toBe(150);
    expect(cacheHits).toBe(100);
    expect(vectors).toHaveLength(300);
    expect([...vectors[100]!]).toEqual([...vectors[150]!]);
  });

  it('T44 embeds a text once, however many ask at the same time', async () => {
    let release = () => {};
    provider.hold = new Promise((settle) => (release = settle));
    const asked = Array.from({ length: 200 }, () => embed(['the same']));
    setImmediate(release);
    const outcomes = await Promise.all(asked);
    expect(provider.calls).toHaveLength(1);
    expect(outcomes.reduce((sum, { cacheHits }) => sum + cacheHits, 0)).toBe(199);
    expect(outcomes.reduce((sum, { costUsd }) => sum + costUsd, 0)).toBeCloseTo(0.001, 9);
  });

  it('asks for the second time without a call, and reports what it cost and saved', async () => {
    const first = await embed(['one', 'two']);
    const second = await embed(['two', 'one']);
    expect(provider.calls).toHaveLength(1);
    expect(first).toMatchObject({ cacheHits: 0, tokens: 20, costUsd: expect.closeTo(0.002, 9) });
    expect(second).toMatchObject({ cacheHits: 2, costUsd: 0 });
    expect([...second.vectors[0]!]).toEqual([...first.vectors[1]!]);
    expect(await usages.report(workspaceId, {})).toMatchObject({
      calls: 1,
      cachedCalls: 1,
      texts: 2,
      cachedTexts: 2,
      tokens: 20,
      savedTokens: 20,
      costUsd: expect.closeTo(0.002, 9),
      savedUsd: expect.closeTo(0.002, 9),
      models: [expect.objectContaining({ provider: 'voyage', model: 'voyage-4', calls: 1 })],
    });
  });

  it('T12 shares nothing between workspaces', async () => {
    await embed(['secret']);
    const other = newId<WorkspaceId>();
    expect(await embed(['secret'], { workspaceId: other })).toMatchObject({ cacheHits: 0 });
    expect(provider.calls).toHaveLength(2);
    expect(await usages.report(other, {})).toMatchObject({ calls: 1, cachedCalls: 0 });
  });

  it('T15 distinguishes query from document, and one length from another', async () => {
    const vectors = [];
    for (const rest of [{ inputType: 'query' }, { inputType: 'document' }, { dimensions: 128 }, {}] as const)
      vectors.push((await embed(['text'], rest)).vectors[0]!);
    expect(provider.calls).toHaveLength(4);
    expect(vectors.map((vector) => vector.length)).toEqual([64, 64, 128, 64]);
    expect([...vectors[0]!]).not.toEqual([...vectors[1]!]);
  });

  it('embeds what differs by line ends, composition or outer white space once', async () => {
    await embed(['Caf\u00e9\nau lait', ' Cafe\u0301\r\nau lait\n']);
    expect(provider.texts).toEqual(['Caf\u00e9\nau lait']);
  });

  it('T5 does not cache an error, and keeps what other calls of the same request brought', async () => {
    provider.limits = { textsPerCall: 1, tokensPerCall: 100_000 };
    provider.failures.set('bad', upstreamFailed('It failed.'));
    await expect(embed(['good', 'bad'])).rejects.toMatchObject({ kind: 'upstream' });
    expect(await usages.report(workspaceId, {})).toMatchObject({ calls: 1, texts: 1 });
    provider.failures.clear();
    provider.calls.length = 0;
    await embed(['good', 'bad']);
    expect(provider.texts).toEqual(['bad']);
  });

  describe('with budgets', () => {
    it('T48 counts calls that really go out, none for what is cached, and frees them with the minute', async () => {
      embeddings = create({ callsOfEach: 2 });
      for (let n = 0; n < 10; n++) await embed(['one']);
      await embed(['two']);
      await expect(embed(['three'])).rejects.toMatchObject({
        kind: 'rate-limited',
        code: 'embedding-budget-exceeded',
        retryAfterSeconds: expect.any(Number),
      });
      await embed(['one', 'two']);
      await embed(['three'], { billedPrincipal: billedPrincipal('another') });
      clock.advance(60_000);
      await embed(['four']);
    });

    it('T48 a call that one budget refuses costs no other', async () => {
      embeddings = create({ tokensOfEach: 10, requests: 2 });
      await embed(['a text of some length']);
      await expect(embed(['another text of some length'])).rejects.toMatchObject({ kind: 'rate-limited' });
      await embed(['third text'], { billedPrincipal: billedPrincipal('another') });
    });

    it('lets a call that is larger than the whole budget out alone', async () => {
      embeddings = create({ tokens: 5 });
      await embed(['a text that is longer than five tokens by far']);
      await expect(embed(['next'])).rejects.toMatchObject({ kind: 'rate-limited' });
    });

    it('holds a credential to the calls of its tier, and operators and background work to what everybody shares', async () => {
      embeddings = create({ callsOfEach: 1, tiers: { pro: { providers: 3 } }, requests: 7 });
      const of = (count: number, who: Principal | undefined) =>
        Promise.allSettled(
          Array.from({ length: count }, (_, n) => embed([`${who?.id} ${n}`], { billedPrincipal: who })),
        ).then((outcomes) => outcomes.filter(({ status }) => status === 'fulfilled').length);
      expect(await of(5, billedPrincipal('plain'))).toBe(1);
      expect(await of(5, billedPrincipal('paying', { tier: 'pro' }))).toBe(3);
      expect(await of(2, billedPrincipal('operator', { scopes: new Set(['operator']) }))).toBe(2);
      expect(await of(5, undefined)).toBe(1);
    });

    it('does not refuse who merely waited for somebody without a budget', async () => {
      embeddings = create({ callsOfEach: 1 });
      await embed(['spent']);
      const [poor, rich] = await Promise.allSettled([
        embed(['new']),
        embed(['new'], { billedPrincipal: billedPrincipal('rich') }),
      ]);
      expect(poor.status).toBe('rejected');
      expect(rich.status).toBe('fulfilled');
    });
  });

  it('serves the one model that it has, by its name or with its provider', async () => {
    await embed(['one'], { model: 'voyage-4' });
    await embed(['one'], { model: 'voyage/voyage-4' });
    await expect(embed(['one'], { model: 'gpt-4' })).rejects.toMatchObject({ code: 'model-not-found' });
    await expect(embed(['one'], { dimensions: 65 })).rejects.toMatchObject({ kind: 'invalid' });
  });

  it('is refused where embeddings are off', async () => {
    const off = Object.assign(Object.create(embeddings) as EmbeddingService, { provider: new OffEmbeddingProvider() });
    await expect(off.embed({ workspaceId, texts: ['one'], inputType: 'none' })).rejects.toMatchObject({
      code: 'embeddings-off',
      kind: 'unavailable',
    });
  });
});
