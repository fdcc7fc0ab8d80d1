import type { ContextId } from '#kernel';
import { eventually } from '#test/support/eventually.js';
import { type EmbeddingModel, modelKey } from '../embedding.js';
import { hashFeatures } from '../provider/local-embedding.provider.js';
import type { SemanticQuery } from './postgres-semantic-index.js';
import { EmbeddingDatabase, type TestContext, type TestProject } from '../testing/embedding-database.js';
import { cosine, normalise } from '../vector.js';

const MODEL: EmbeddingModel = { provider: 'local', model: 'lexical-1', dimensions: 64 };
const vectorOf = (text: string) => hashFeatures(text, 64);

/** A repeatable sequence of numbers from 0 to below 1 (mulberry32). */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

function randomVector(random: () => number): Float32Array {
  return normalise(Float32Array.from({ length: 64 }, () => random() - 0.5));
}

describe('PostgresSemanticIndex', () => {
  let world: EmbeddingDatabase;
  let project: TestProject;

  beforeAll(async () => {
    world = await EmbeddingDatabase.create();
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    project = await world.newProject();
  });

  async function store(vectors: readonly Float32Array[], rest: TestContext = {}, where = project, model = MODEL) {
    const ids = await world.newContexts(
      where,
      vectors.map(() => rest),
    );
    await world.store.put(
      where.workspaceId,
      modelKey(model),
      ids.map((contextId, index) => ({ contextId, projectId: where.projectId, vectors: [vectors[index]!] })),
    );
    return ids;
  }

  const nearest = (text: string, change: Partial<SemanticQuery> = {}) =>
    world.index.nearest({ ...project, model: MODEL, vector: vectorOf(text), limit: 10, ...change });
  const idsOf = async (text: string, change: Partial<SemanticQuery> = {}) =>
    (await nearest(text, change)).hits.map(({ contextId }) => contextId);

  /** The three ways to look, which must agree. */
  const withoutPgvector = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    const exists = jest.spyOn(world.pgvector, 'exists').mockResolvedValue(false);
    try {
      return await work();
    } finally {
      exists.mockRestore();
    }
  };

  it('finds the nearest first, with the cosine as score, in the database and outside of it', async () => {
    const [near, far] = await store([vectorOf('rotate the database password'), vectorOf('lunch at noon')]);
    const inside = await nearest('database password');
    const outside = await withoutPgvector(() => nearest('database password'));
    expect(inside.method).toBe('exact');
    expect(outside.method).toBe('scan');
    for (const { hits } of [inside, outside]) {
      expect(hits.map(({ contextId }) => contextId)).toEqual([near, far]);
      expect(hits[0]?.score).toBeCloseTo(
        cosine(vectorOf('database password'), vectorOf('rotate the database password')),
        4,
      );
    }
  });

  it('finds as many as there are where most of the nearest may not be found any more', async () => {
    const [random, text] = [sequence(5), 'database password'];
    const near = await store(Array.from({ length: 60 }, () => vectorOf(text)));
    const far = await store(Array.from({ length: 40 }, () => randomVector(random)));
    // Their vectors go when those of the new versions come.
    for (const id of near.slice(0, 55)) await world.withdraw(project, id);
    const left = new Set([...near.slice(55), ...far]);
    for (const limit of [1, 10, 45]) {
      const found = await idsOf(text, { limit });
      expect(found).toHaveLength(limit);
      expect(found.every((id) => left.has(id))).toBe(true);
      expect(found.slice(0, 5).every((id) => near.includes(id))).toBe(true);
    }
  });

  it('T15 compares nothing across models', async () => {
    const other: EmbeddingModel = { provider: 'voyage', model: 'voyage-4', dimensions: 64 };
    await store([vectorOf('fox')], {}, project, other);
    expect(await idsOf('fox')).toEqual([]);
    expect(await withoutPgvector(() => idsOf('fox'))).toEqual([]);
    expect(await idsOf('fox', { model: other })).toHaveLength(1);
  });

  it('T15 refuses a vector of another length', async () => {
    await expect(nearest('fox', { vector: hashFeatures('fox', 32) })).rejects.toThrow(RangeError);
  });

  it('T41 finds nothing of another project or workspace', async () => {
    await store([vectorOf('fox')], {}, await world.newProject());
    await store([vectorOf('fox')], {}, await world.newProject(project));
    for (const method of ['exact', 'hnsw'] as const) expect(await idsOf('fox', { method })).toEqual([]);
    expect(await withoutPgvector(() => idsOf('fox'))).toEqual([]);
  });

  it('T42 finds the newest versions alone', async () => {
    const [old, gone] = await store([vectorOf('fox'), vectorOf('fox')]);
    await world.replace(project, old!);
    await world.withdraw(project, gone!);
    expect(await idsOf('fox')).toEqual([]);
    expect(await withoutPgvector(() => idsOf('fox'))).toEqual([]);
  });

  it('finds a context once, by its nearest passage', async () => {
    const [id] = await world.newContexts(project, [{}]);
    const vectors = [vectorOf('lunch'), vectorOf('fox'), vectorOf('a red fox')];
    await world.store.put(project.workspaceId, modelKey(MODEL), [
      { contextId: id!, projectId: project.projectId, vectors },
    ]);
    const { hits } = await nearest('fox');
    expect(hits).toEqual([{ contextId: id, score: expect.closeTo(1, 5) }]);
    expect((await withoutPgvector(() => nearest('fox'))).hits).toEqual([
      { contextId: id, score: expect.closeTo(1, 5) },
    ]);
  });

  it('T40 obeys every filter, and drops none to find more', async () => {
    const sessionId = await world.newSession(project);
    const fox = [vectorOf('fox')];
    const [all] = await store(fox, {
      priority: 'important',
      tags: ['a', 'b'],
      sessionId,
      createdAt: new Date('2030-01-02'),
    });
    await store(fox, { priority: 'reference', tags: ['a'], createdAt: new Date('2030-01-01') });
    const filters = { priority: 'important', tags: ['b', 'a'], sessionId, since: new Date('2030-01-02') } as const;
    for (const [name, value] of Object.entries(filters))
      expect(await idsOf('fox', { filters: { [name]: value } })).toEqual([all]);
    expect(await idsOf('fox', { filters })).toEqual([all]);
    expect(await withoutPgvector(() => idsOf('fox', { filters }))).toEqual([all]);
    expect(await idsOf('fox', { filters: { tags: ['c'] } })).toEqual([]);
  });

  describe('with thousands of vectors', () => {
    const random = sequence(7);
    let large: TestProject;
    let ids: ContextId[];

    beforeAll(async () => {
      large = await world.newProject();
      ids = [];
      for (let batch = 0; batch < 12; batch++) {
        const vectors = Array.from({ length: 500 }, () => randomVector(random));
        ids.push(...(await store(vectors, { tags: batch === 0 ? ['rare'] : [] }, large)));
      }
      // Others of the same model, so that the index holds more than the project.
      const alongside = await world.newProject();
      for (let batch = 0; batch < 4; batch++)
        await store(
          Array.from({ length: 500 }, () => randomVector(random)),
          {},
          alongside,
        );
      await world.store.ensureIndex(modelKey(MODEL), 64);
      await world.database.query('ANALYZE context_vectors');
    }, 120_000);

    const look = (vector: Float32Array, change: Partial<SemanticQuery> = {}) =>
      world.index.nearest({ ...large, model: MODEL, vector, limit: 10, ...change });

    it('looks by the index, and finds nearly what looking at everything finds', async () => {
      let found = 0;
      const queries = Array.from({ length: 20 }, () => randomVector(random));
      for (const vector of queries) {
        const indexed = await look(vector);
        const exact = await look(vector, { method: 'exact' });
        expect(indexed.method).toBe('hnsw');
        expect(exact.method).toBe('exact');
        const best = new Set(exact.hits.map(({ contextId }) => contextId));
        found += indexed.hits.filter(({ contextId }) => best.has(contextId)).length;
      }
      expect(found / (queries.length * 10)).toBeGreaterThan(0.9);
      const scans = async () => {
        const [row] = await world.database.query<{ scans: string }>(
          `SELECT sum(idx_scan) AS scans FROM pg_stat_user_indexes WHERE indexrelname LIKE 'context_vectors_%_hnsw_idx'`,
        );
        return Number(row?.scans);
      };
      await eventually(async () => (await scans()) >= queries.length, { what: 'scans of the index in the statistics' });
    });

    it('has so many in a project that an index is of use', async () => {
      expect(await world.store.needsIndex(modelKey(MODEL))).toBe(true);
    });

    it('T40 finds its limit under a filter that lets few through', async () => {
      const { hits } = await look(randomVector(random), { filters: { tags: ['rare'] } });
      expect(hits).toHaveLength(10);
      const rare = new Set(ids.slice(0, 500));
      expect(hits.every(({ contextId }) => rare.has(contextId))).toBe(true);
    });

    it('T40 finds the one that a filter lets through', async () => {
      const [only] = await store([randomVector(random)], { tags: ['only'] }, large);
      const { hits } = await look(randomVector(random), { filters: { tags: ['only'] } });
      expect(hits.map(({ contextId }) => contextId)).toEqual([only]);
    });
  });
});
