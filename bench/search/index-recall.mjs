// @ts-check
import { setTimeout } from 'node:timers/promises';
import { Database, KeepsakeDataSource } from '#database';

/** What the lib keeps to itself, from the build that is measured. */
const part = (/** @type {string} */ path) =>
  import(new URL(`../../dist/libs/embedding/src/${path}`, import.meta.url).href);

const QUESTIONS = 100;
/** As deep as a search looks; the first ten of it are compared. */
const DEPTH = 100;
const COMPARED = 10;

/** @param {string} url */
async function open(url) {
  const { LocalEmbeddingProvider } = await part('provider/local-embedding.provider.js');
  const { modelKey } = await part('embedding.js');
  const { Pgvector } = await part('persistence/pgvector.js');
  const { PostgresSemanticIndex } = await part('persistence/postgres-semantic-index.js');
  const { PostgresVectorStore } = await part('persistence/postgres-vector-store.js');
  const dataSource = await new KeepsakeDataSource({ type: 'postgres', url, installExtensions: false }).initialize();
  const database = new Database(dataSource);
  const pgvector = new Pgvector(database);
  const provider = new LocalEmbeddingProvider();
  const model = provider.describe();
  const store = new PostgresVectorStore(database, pgvector, /** @type {any} */ ({ url }));
  /** The server makes it too, as soon as it is of use. */
  const ensureIndex = async () => {
    const started = performance.now();
    while (!(await store.ensureIndex(modelKey(model), model.dimensions))) await setTimeout(500);
    return (performance.now() - started) / 1000;
  };
  const index = new PostgresSemanticIndex(database, pgvector);
  return { dataSource, database, index, provider, model, ensureIndex };
}

/**
 * Makes the index of the vectors, where it is not there; returns the seconds that took.
 *
 * @param {string} url
 * @returns {Promise<number>}
 */
export async function makeIndex(url) {
  const { dataSource, ensureIndex } = await open(url);
  try {
    return await ensureIndex();
  } finally {
    await dataSource.destroy();
  }
}

/**
 * Of the ten contexts that are nearest by a look at every vector, how many the index finds.
 *
 * @param {string} url
 * @param {string} slug
 * @param {import('./corpus.mjs').Corpus} corpus
 */
export async function recallOfIndex(url, slug, corpus) {
  const { dataSource, database, index, provider, model, ensureIndex } = await open(url);
  try {
    const indexSeconds = await ensureIndex();
    const [project] = await database.query('SELECT workspace_id, id FROM projects WHERE slug = $1', [slug]);
    let found = 0;
    const ms = { hnsw: 0, exact: 0 };
    for (let n = 0; n < QUESTIONS; n++) {
      const { vectors } = await provider.embed({
        texts: [corpus.question()],
        inputType: 'query',
        dimensions: model.dimensions,
      });
      const query = {
        workspaceId: project.workspace_id,
        projectId: project.id,
        model,
        vector: vectors[0],
        limit: DEPTH,
      };
      /** @type {Record<string, Set<string>>} */
      const hits = {};
      for (const method of /** @type {const} */ (['exact', 'hnsw'])) {
        const askedAt = performance.now();
        const answer = await index.nearest(/** @type {any} */ ({ ...query, method }));
        ms[method] += performance.now() - askedAt;
        if (answer.method !== method) throw new Error(`asked for ${method}, looked by ${answer.method}`);
        hits[method] = new Set(
          answer.hits.slice(0, COMPARED).map((/** @type {{ contextId: string }} */ hit) => hit.contextId),
        );
      }
      found += [...(hits.exact ?? [])].filter((id) => hits.hnsw?.has(id)).length;
    }
    return {
      'recall@10': Math.round((10_000 * found) / (QUESTIONS * COMPARED)) / 10_000,
      hnswMs: Math.round((100 * ms.hnsw) / QUESTIONS) / 100,
      exactMs: Math.round((100 * ms.exact) / QUESTIONS) / 100,
      indexSeconds: Math.round(indexSeconds * 10) / 10,
    };
  } finally {
    await dataSource.destroy();
  }
}
