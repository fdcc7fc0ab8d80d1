import { inProcessCache } from '#cache/testing';
import { AlwaysCheckReaders, type Context, ContextChanges, ContextObservers, EmbeddingStates } from '#context';
import type { ContextId, WorkspaceId } from '#kernel';
import { ManualClock } from '#kernel/testing';
import type { JobContext } from '#queue';
import { RecordingJobQueue } from '#queue/testing';
import { providerCallsOfATest } from '#observability/testing';
import { EngineVectorCache } from '../embedding.cache.js';
import { inputRefused, upstreamFailed } from '../embedding.errors.js';
import { contextEmbedding, ContextEmbeddingJob } from './context-embedding.job.js';
import { EmbeddingService } from '../embedding.service.js';
import type { ProviderChoice } from '../provider/choose-provider.js';
import { PriceTable, UsageLedger } from '../ledger/usage-ledger.js';
import { EmbeddingDatabase, type TestProject } from '../testing/embedding-database.js';
import { callBudget } from '../testing/call-budget.js';
import { FakeEmbeddingProvider } from '../testing/fake-embedding.provider.js';
import { MemoryUsageRepository } from '../testing/memory-usage.repository.js';
import { ContextEmbeddingObserver } from './context-embedding.observer.js';
import { EmbeddingBackfillJob } from './embedding-backfill.job.js';
import { SemanticReader } from './semantic.reader.js';
import type { ChangedContext } from '../persistence/postgres-vector-store.js';
import { type ChangedVectors, VectorObservers } from './vector-observers.js';

const signal = new AbortController().signal;
const progress = async () => undefined;
const CHOICE = { because: 'for a test' } as ProviderChoice;

describe('embedding contexts in the background', () => {
  const clock = new ManualClock();
  let world: EmbeddingDatabase;
  let project: TestProject;
  let provider: FakeEmbeddingProvider;
  let queue: RecordingJobQueue;
  let changed: ContextId[];
  /** Of which readers may have seen another state. */
  let shown: ContextId[];
  let handler: ContextEmbeddingJob;
  let backfill: EmbeddingBackfillJob;
  let observer: ContextEmbeddingObserver;
  let reader: SemanticReader;

  beforeAll(async () => {
    world = await EmbeddingDatabase.create();
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    await world.database.query('TRUNCATE contexts, embedding_models CASCADE');
    project = await world.newProject();
    use(new FakeEmbeddingProvider());
  });

  /** The server starts again with this provider. */
  function use(next: FakeEmbeddingProvider): void {
    provider = next;
    queue = new RecordingJobQueue();
    changed = [];
    const embeddings = new EmbeddingService(
      provider,
      new EngineVectorCache(inProcessCache()),
      callBudget(clock, provider.name),
      new UsageLedger(new MemoryUsageRepository(), clock),
      new PriceTable(),
      providerCallsOfATest(),
    );
    shown = [];
    const changes = Object.assign(new ContextChanges(inProcessCache(), new AlwaysCheckReaders()), {
      embeddingChanged: (_: WorkspaceId, contexts: readonly ChangedContext[]) => {
        shown.push(...contexts.map(({ id }) => id));
        return Promise.resolve();
      },
    });
    const observers = new VectorObservers();
    observers.register({
      onVectorsChanged: (_: WorkspaceId, contexts: readonly ChangedVectors[]) => {
        changed.push(...contexts.map(({ contextId }) => contextId));
        return Promise.resolve();
      },
    });
    handler = new ContextEmbeddingJob(embeddings, world.store, observers, changes, world.database);
    observer = new ContextEmbeddingObserver(queue, world.store, provider, new ContextObservers());
    backfill = new EmbeddingBackfillJob(embeddings, world.store, observer);
    reader = new SemanticReader(embeddings, world.index, world.store, CHOICE, new EmbeddingStates(inProcessCache()));
  }

  const run = (ids: readonly ContextId[]) =>
    handler.handle({ contextIds: [...ids] }, { workspaceId: project.workspaceId, signal } as JobContext);
  const states = (ids: readonly ContextId[]) => reader.statesOf(project.workspaceId, ids);
  const store = (...contents: string[]) =>
    world.newContexts(
      project,
      contents.map((content) => ({ content, label: content.slice(0, 30) })),
    );
  const search = async (text: string) =>
    (await reader.search({ ...project, text, limit: 10 })).hits.map(({ contextId }) => contextId);
  async function work(): Promise<void> {
    for (const { payload } of queue.jobs.splice(0)) await run((payload as { contextIds: ContextId[] }).contextIds);
  }

  it('gives contexts their vectors in one call, and informs who remembers searches', async () => {
    const ids = await store('a red fox', 'lunch at noon');
    expect(await states(ids)).toEqual(['pending', 'pending']);
    await run(ids);
    expect(provider.calls).toHaveLength(1);
    expect(provider.calls[0]?.inputType).toBe('document');
    expect(await states(ids)).toEqual(['ready', 'ready']);
    expect(changed).toEqual(ids);
    expect((await search('red fox'))[0]).toBe(ids[0]);
  });

  it('does nothing the second time', async () => {
    const ids = await store('a red fox');
    await run(ids);
    await run(ids);
    expect(provider.calls).toHaveLength(1);
    expect(changed).toHaveLength(1);
  });

  it('embeds the whole of a long text, in passages', async () => {
    const [id] = await store(`${Array.from({ length: 1_500 }, (_, n) => `lunch ${n}. `).join('')} zebra crossing`);
    await run([id!]);
    expect(provider.texts.length).toBeGreaterThan(2);
    const { hits } = await reader.search({ ...project, text: 'zebra crossing', limit: 1 });
    expect(hits[0]?.contextId).toBe(id);
  });

  it('enqueues in the transaction of the write, and drops vectors with it', async () => {
    const ids = await store(...Array.from({ length: 70 }, (_, n) => `text ${n}`));
    await observer.onLatest(
      project.workspaceId,
      ids.map((id) => ({ id }) as Context),
    );
    expect(
      queue.jobs.map(({ name, payload }) => [name, (payload as { contextIds: unknown[] }).contextIds.length]),
    ).toEqual([
      [contextEmbedding.name, 32],
      [contextEmbedding.name, 32],
      [contextEmbedding.name, 6],
    ]);
    await work();
    await observer.onWithdrawn(project.workspaceId, [{ id: ids[0]!, projectId: project.projectId, label: '' }]);
    await world.withdraw(project, ids[0]!);
    expect(await states(ids.slice(0, 2))).toEqual(['off', 'ready']);
  });

  it('T58 informs who has seen a version that it is embedded now, and the one before that it is not any more, once', async () => {
    const [id] = await store('a red fox');
    await run([id!]);
    expect(shown).toEqual([id]);
    const next = await world.replace(project, id!);
    await run([next]);
    expect(await states([id!, next])).toEqual(['off', 'ready']);
    expect(shown).toEqual([id, id, next]);
    await run([next]);
    expect(shown).toEqual([id, id, next]);
  });

  it('fails where the provider does, so that it is tried again', async () => {
    const [id] = await store('fox');
    provider.failures.set((await passageOf(id!))!, upstreamFailed('It failed.'));
    await expect(run([id!])).rejects.toMatchObject({ kind: 'upstream' });
    expect(await states([id!])).toEqual(['pending']);
    provider.failures.clear();
    await run([id!]);
    expect(await states([id!])).toEqual(['ready']);
  });

  it('does not let a text that the provider refuses keep others from being found, and T58 informs who has seen it', async () => {
    const ids = await store('good', 'bad', 'fine');
    provider.failures.set((await passageOf(ids[1]!))!, inputRefused('Too long.'));
    await run(ids);
    expect(await states(ids)).toEqual(['ready', 'off', 'ready']);
    expect(shown.toSorted()).toEqual(ids.toSorted());
    expect(changed).toContain(ids[1]);
    await backfill.handle({}, { signal, progress });
    expect(queue.jobs).toEqual([]);
  });

  it('T18 stores nothing for what was replaced while the provider worked', async () => {
    const [id] = await store('old');
    let release = () => {};
    provider.hold = new Promise((settle) => (release = settle));
    const running = run([id!]);
    await world.replace(project, id!);
    release();
    await running;
    expect(await states([id!])).toEqual(['off']);
    expect(changed).toEqual([]);
  });

  it('changes the model without a gap: what is stored serves until it is done, then the old vectors go', async () => {
    const ids = await store('a red fox', 'lunch at noon');
    await run(ids);
    await backfill.handle({}, { signal, progress });

    const next = Object.assign(new FakeEmbeddingProvider(), { model: 'voyage-5' });
    use(next);
    expect(await states(ids)).toEqual(['pending', 'pending']);
    expect(await reader.coverage(project.workspaceId, project.projectId)).toEqual({ contexts: 2, embedded: 0 });
    expect(await search('red fox')).toEqual([]);
    await backfill.handle({}, { signal, progress });
    await work();
    expect(await states(ids)).toEqual(['ready', 'ready']);
    expect((await search('red fox'))[0]).toBe(ids[0]);

    const models = async () =>
      (await world.database.query<{ model: string }>('SELECT DISTINCT model FROM context_vectors ORDER BY model')).map(
        ({ model }) => model,
      );
    expect(await models()).toEqual(['voyage/voyage-4@64', 'voyage/voyage-5@64']);
    await backfill.handle({}, { signal, progress });
    expect(await models()).toHaveLength(2);
    await world.database.query(
      `UPDATE embedding_models SET last_used_at = now() - interval '25 hours' WHERE model LIKE '%voyage-4%'`,
    );
    await backfill.handle({}, { signal, progress });
    expect(await models()).toEqual(['voyage/voyage-5@64']);
  });

  it('backfills what was written while embeddings were off, in every workspace', async () => {
    const ids = await store('one', 'two');
    const elsewhere = await world.newProject();
    const [other] = await world.newContexts(elsewhere, [{ content: 'three' }]);
    await backfill.handle({}, { signal, progress });
    // A second look while the jobs wait adds none.
    await backfill.handle({}, { signal, progress });
    expect(queue.jobs).toHaveLength(2);
    expect(queue.jobs).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          payload: { contextIds: [...ids].sort() },
          options: expect.objectContaining({ workspaceId: project.workspaceId }),
        }),
        expect.objectContaining({
          payload: { contextIds: [other] },
          options: expect.objectContaining({ workspaceId: elsewhere.workspaceId }),
        }),
      ]),
    );
  });

  it('reports how far it is, of as many as one run takes', async () => {
    const steps: number[][] = [];
    const reported = async (done: number, total: number) => void steps.push([done, total]);
    expect(await backfill.handle({}, { signal, progress: reported })).toMatchObject({
      withoutVectors: 0,
      prunedVectors: 0,
    });
    expect(steps).toEqual([]);
    await store(...Array.from({ length: 3 }, (_, n) => `text ${n}`));
    expect(await world.store.countUnembedded('any/model@1', 100)).toBe(3);
    expect(await world.store.countUnembedded('any/model@1', 2)).toBe(2);
    expect(await backfill.handle({}, { signal, progress: reported })).toMatchObject({ withoutVectors: 3 });
    expect(steps).toEqual([[3, 3]]);
    steps.length = 0;
    await store(...Array.from({ length: 600 }, (_, n) => `more ${n}`));
    await backfill.handle({}, { signal, progress: reported });
    expect(steps).toEqual([
      [500, 603],
      [603, 603],
    ]);
  });

  async function passageOf(id: ContextId): Promise<string | undefined> {
    const [context] = await world.store.findUnembedded(project.workspaceId, 'any/model@1', [id]);
    return context && `${context.label}\n\n${context.content}`;
  }
});
