import { type ContextId, newId } from '#kernel';
import { hashFeatures } from '../provider/local-embedding.provider.js';
import { EmbeddingDatabase, type TestProject } from '../testing/embedding-database.js';

const MODEL = 'local/lexical-1@64';
const OTHER = 'voyage/voyage-4@64';
const vectorOf = (text: string) => hashFeatures(text, 64);

describe('PostgresVectorStore', () => {
  let world: EmbeddingDatabase;
  let project: TestProject;

  beforeAll(async () => {
    world = await EmbeddingDatabase.create();
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    project = await world.newProject();
  });

  const context = async (content = 'text') => (await world.newContexts(project, [{ content }]))[0]!;
  const put = async (ids: readonly ContextId[], model = MODEL) => (await putting(ids, model)).stored;
  const putting = (ids: readonly ContextId[], model = MODEL) =>
    world.store.put(
      project.workspaceId,
      model,
      ids.map((contextId) => ({ contextId, projectId: project.projectId, vectors: [vectorOf('a'), vectorOf('b')] })),
    );
  const stateOf = async (id: ContextId, model = MODEL) =>
    (await world.store.statesOf(project.workspaceId, model, [id])).get(id);
  const unembedded = async (ids: readonly ContextId[], model = MODEL) =>
    (await world.store.findUnembedded(project.workspaceId, model, ids)).map(({ id }) => id);
  const countOf = async (id: ContextId) => {
    const [row] = await world.database.query<{ count: string }>(
      'SELECT count(*) FROM context_vectors WHERE context_id = $1',
      [id],
    );
    return Number(row?.count);
  };

  it('takes a context from pending to ready, for each model by itself', async () => {
    const id = await context('hello');
    expect(await stateOf(id)).toBe('pending');
    expect(await world.store.findUnembedded(project.workspaceId, MODEL, [id])).toEqual([
      { id, projectId: project.projectId, label: expect.any(String), content: 'hello' },
    ]);
    expect(await put([id])).toEqual([id]);
    expect(await stateOf(id)).toBe('ready');
    expect(await unembedded([id])).toEqual([]);
    expect(await stateOf(id, OTHER)).toBe('pending');
    expect(await unembedded([id], OTHER)).toEqual([id]);
  });

  it('T41 knows nothing of contexts of another workspace', async () => {
    const id = await context();
    const { workspaceId } = await world.newProject();
    expect((await world.store.statesOf(workspaceId, MODEL, [id])).size).toBe(0);
    expect(await world.store.findUnembedded(workspaceId, MODEL, [id])).toEqual([]);
    expect(
      await world.store.put(workspaceId, MODEL, [
        { contextId: id, projectId: project.projectId, vectors: [vectorOf('a')] },
      ]),
    ).toEqual({ stored: [], changed: [] });
  });

  it('stores the same twice as once', async () => {
    const id = await context();
    await put([id]);
    await put([id]);
    expect(await countOf(id)).toBe(2);
  });

  it('T18 passes over what was replaced or removed before its vectors came', async () => {
    const replaced = await context();
    const next = await world.replace(project, replaced);
    expect(await put([replaced, newId<ContextId>(), next])).toEqual([next]);
    expect(await countOf(replaced)).toBe(0);
    expect(await stateOf(replaced)).toBe('off');
  });

  it('drops the vectors of earlier versions with those of the new one', async () => {
    const first = await context();
    await put([first]);
    await put([first], OTHER);
    const next = await world.replace(project, first);
    await put([next]);
    expect(await countOf(first)).toBe(0);
    expect(await stateOf(next)).toBe('ready');
  });

  it('T42 removes vectors of every model, and with the context itself', async () => {
    const [one, two] = await world.newContexts(project, [{}, {}]);
    await put([one!, two!]);
    await put([one!], OTHER);
    await world.store.remove(project.workspaceId, [one!]);
    expect(await countOf(one!)).toBe(0);
    await world.database.query('DELETE FROM contexts WHERE id = $1', [two]);
    expect(await countOf(two!)).toBe(0);
  });

  it('does not ask again for what a model refuses', async () => {
    const id = await context();
    await world.store.refuse(project.workspaceId, MODEL, id, 'too long');
    await world.store.refuse(project.workspaceId, MODEL, id, 'too long');
    expect(await unembedded([id])).toEqual([]);
    expect(await stateOf(id)).toBe('off');
    expect(await stateOf(id, OTHER)).toBe('pending');
  });

  it('lists what is missing anywhere, page by page, and reports how far a project is', async () => {
    const model = `voyage/${newId()}@64`;
    const ids = await world.newContexts(project, [{}, {}, {}, {}]);
    const alongside = await world.newContexts(await world.newProject(), [{}]);
    await put([ids[0]!], model);
    await world.withdraw(project, ids[1]!);
    const listed: ContextId[] = [];
    for (let after: Parameters<typeof world.store.listUnembedded>[1]; ;) {
      const page = await world.store.listUnembedded(model, after, 2);
      listed.push(...page.map(({ contextId }) => contextId));
      after = page.at(-1);
      if (page.length < 2) break;
    }
    expect(new Set(listed).size).toBe(listed.length);
    expect(listed).toEqual(expect.arrayContaining([ids[2], ids[3], ...alongside]));
    expect(listed).not.toContain(ids[0]);
    expect(listed).not.toContain(ids[1]);
    expect(await world.store.coverage(project.workspaceId, project.projectId, model)).toEqual({
      contexts: 3,
      embedded: 1,
    });
  });

  it('clears a model of the past away, index and all, and leaves the others', async () => {
    const id = await context();
    await world.store.use(OTHER, 64);
    await put([id], OTHER);
    await put([id]);
    expect(await world.store.needsIndex(OTHER)).toBe(false);
    expect(await world.store.ensureIndex(OTHER, 64)).toBe(true);
    const indexes = () =>
      world.database.query(
        `SELECT FROM pg_indexes WHERE indexname LIKE 'context_vectors_%_hnsw_idx' AND indexdef LIKE $1`,
        [`%${OTHER}%`],
      );
    expect(await indexes()).toHaveLength(1);
    expect(await world.store.prune(60_000, 100)).toBe(0);
    expect(await stateOf(id, OTHER)).toBe('ready');
    while ((await world.store.prune(0, 1)) > 0);
    expect(await stateOf(id, OTHER)).toBe('pending');
    expect(await stateOf(id)).toBe('ready');
    expect(await indexes()).toHaveLength(0);
  });

  it('makes the index of a model once, also after one was left half made', async () => {
    const model = 'local/half-made@64';
    expect(await world.store.ensureIndex(model, 64)).toBe(true);
    expect(await world.store.ensureIndex(model, 64)).toBe(true);
    await world.database.query(
      `UPDATE pg_index SET indisvalid = false WHERE indexrelid IN (
         SELECT c.oid FROM pg_class c JOIN pg_indexes i ON i.indexname = c.relname WHERE i.indexdef LIKE '%half-made%')`,
    );
    expect(await world.store.ensureIndex(model, 64)).toBe(true);
    const rows = await world.database.query<{ indisvalid: boolean }>(
      `SELECT indisvalid FROM pg_index WHERE pg_get_indexdef(indexrelid) LIKE '%half-made%'`,
    );
    expect(rows).toEqual([{ indisvalid: true }]);
  });

  it('makes the index once where several processes begin at the same time', async () => {
    const model = 'local/at-once@64';
    const outcomes = await Promise.all(Array.from({ length: 4 }, () => world.store.ensureIndex(model, 64)));
    expect(outcomes).toContain(true);
    expect(await world.store.ensureIndex(model, 64)).toBe(true);
    expect(await world.database.query(`SELECT FROM pg_indexes WHERE indexdef LIKE '%at-once%'`)).toHaveLength(1);
  });

  it('makes none for vectors that are too long for one', async () => {
    expect(await world.store.ensureIndex('local/long@4096', 4_096)).toBe(false);
  });
});
