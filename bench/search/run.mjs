// @ts-check
import { randomBytes } from 'node:crypto';
import { cpus, loadavg } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { Product } from '../retrieval/product.mjs';
import { Corpus } from './corpus.mjs';
import { makeIndex, recallOfIndex } from './index-recall.mjs';

const USAGE = `Usage: DATABASE_URL=… npm run bench:search -- [--sizes 10000,100000] [--questions N] [--large 1000000]
                                        [--run NAME] [--load] [--json]

Measures search over HTTP as memory grows, on PostgreSQL with pgvector and the embedded embedder: each size is spread
over 100 projects, and once more held by a single project.

  --sizes LIST    contexts, growing (10000)
  --large N       one more size, spread over 100 projects alone; a million takes hours to store
  --questions N   of each kind (100)
  --run NAME      keeps what is stored under that name, and goes on from what an earlier run of it has stored
  --load          stores and embeds, measures nothing
  --json          print one JSON object and nothing else on standard output

Each question is asked twice: first of the index, then of the cache. Of each kind the first questions are not counted: one
for each project, twenty at least.`;

const PROJECTS = 100;
const WARM_UP = 20;
const STORED_AT_ONCE = 100;
const WRITERS = 4;

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '10000' },
    large: { type: 'string' },
    questions: { type: 'string', default: '100' },
    run: { type: 'string' },
    load: { type: 'boolean' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});
const { DATABASE_URL: databaseUrl } = process.env;
if (values.help || !databaseUrl) {
  console.error(USAGE);
  process.exit(values.help ? 0 : 2);
}

/** @param {number[]} times */
const quantiles = (times) => {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (/** @type {number} */ share) =>
    round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  return { p50: at(0.5), p95: at(0.95) };
};
const round = (/** @type {number} */ ms) => Math.round(ms * 100) / 100;
const say = (/** @type {string} */ text) => {
  if (!values.json) console.error(text);
};

/**
 * @param {Product} product
 * @param {Corpus} corpus
 * @param {readonly string[]} projects
 * @param {number} count
 */
async function store(product, corpus, projects, count) {
  let left = count;
  const started = performance.now();
  const write = async () => {
    while (left > 0) {
      const size = Math.min(left, STORED_AT_ONCE);
      left -= size;
      const project = projects[Math.floor(left / STORED_AT_ONCE) % projects.length];
      const items = Array.from({ length: size }, () => ({
        label: randomBytes(9).toString('hex'),
        ...corpus.context(),
      }));
      await product.call('POST', '/v1/contexts/batch', { project, items });
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
  return count / ((performance.now() - started) / 1000);
}

/**
 * @param {pg.Client} database
 * @param {readonly string[]} projects
 */
async function storedIn(database, projects) {
  const { rows } = await database.query(
    'SELECT count(*)::int AS stored FROM contexts c JOIN projects p ON p.workspace_id = c.workspace_id AND p.id = c.project_id WHERE p.slug = ANY ($1)',
    [projects],
  );
  return rows[0].stored;
}

/** @param {pg.Client} database */
async function embedded(database) {
  const started = performance.now();
  for (;;) {
    const { rows } = await database.query(
      'SELECT count(*)::int AS waiting FROM contexts c WHERE is_latest AND NOT EXISTS (SELECT FROM context_vectors v WHERE v.workspace_id = c.workspace_id AND v.context_id = c.id)',
    );
    if (rows[0].waiting === 0) return (performance.now() - started) / 1000;
    await setTimeout(1_000);
  }
}

/**
 * @param {Product} product
 * @param {Corpus} corpus
 * @param {readonly string[]} projects
 * @param {string} mode
 * @param {Record<string, string>} filters
 */
async function ask(product, corpus, projects, mode, filters) {
  /** @type {number[]} */
  const fresh = [];
  /** @type {number[]} */
  const cached = [];
  const warmUp = Math.max(WARM_UP, projects.length);
  const questions = Number(values.questions) + warmUp;
  for (let n = 0; n < questions; n++) {
    const project = projects[n % projects.length] ?? '';
    const query = new URLSearchParams({ project, q: corpus.question(), mode, limit: '10', ...filters });
    for (const times of [fresh, cached]) {
      const started = performance.now();
      const answer = await product.call('GET', `/v1/search?${query.toString()}`);
      if (n >= warmUp) times.push(performance.now() - started);
      if (answer.degraded) throw new Error(`degraded: ${answer.reason}`);
    }
  }
  return { fresh: quantiles(fresh), cached: quantiles(cached) };
}

/**
 * @param {Product} product
 * @param {Corpus} corpus
 * @param {string} name
 * @param {readonly string[]} projects
 */
async function measure(product, corpus, name, projects) {
  const rows = [];
  for (const mode of ['keyword', 'semantic', 'hybrid']) {
    for (const [filter, filters] of /** @type {const} */ ([
      ['none', {}],
      ['1 %', { tags: 'rare' }],
    ])) {
      const { fresh, cached } = await ask(product, corpus, projects, mode, filters);
      rows.push({ memory: name, mode, filter, ...fresh, cachedP50: cached.p50, cachedP95: cached.p95 });
    }
  }
  return rows;
}

const database = new pg.Client(databaseUrl);
await database.connect();
// Without Redis a server caches what writes change only where it knows itself to be alone.
if (!process.env['REDIS_URL']) process.env['KEEPSAKE_SINGLE_PROCESS'] = 'true';
const product = await Product.start();
/** @type {Awaited<ReturnType<typeof measure>>} */
const rows = [];
/** @type {object[]} */
const recall = [];
const loadBefore = loadavg()[0] ?? 0;
const result = {
  cpus: cpus().length,
  questions: Number(values.questions),
  rows,
  recall,
  loadBefore: round(loadBefore),
  load: 0,
};
try {
  const run = values.run ?? randomBytes(4).toString('hex');
  const spread = Array.from({ length: PROJECTS }, (_, n) => `bench-${run}-${n}`);
  const single = [`bench-${run}-single`];
  const large = values.large === undefined ? undefined : Number(values.large);
  const sizes = values.sizes.split(',').map(Number);
  for (const size of large === undefined ? sizes : [...sizes, large]) {
    const memories = size === large ? [spread] : [spread, single];
    for (const projects of memories) {
      const missing = Math.max(0, size - (await storedIn(database, projects)));
      if (missing > 0) {
        // Of a run that was broken off, other texts than those that are there.
        const rate = await store(product, new Corpus(7 + missing), projects, missing);
        say(`${missing} in ${projects.length} projects: stored ${rate.toFixed(0)} a second`);
      }
      say(`embedded ${(await embedded(database)).toFixed(1)} s later`);
      if (missing > 0) await database.query('ANALYZE');
    }
    if (values.load) {
      say(`vectors indexed in ${(await makeIndex(databaseUrl)).toFixed(0)} s`);
      continue;
    }
    if (size !== large) {
      say('measuring what the index misses…');
      const recall = await recallOfIndex(databaseUrl, single[0] ?? '', new Corpus(11));
      result.recall.push({ memory: `${size} in one`, ...recall });
    }
    for (const projects of memories) {
      const name = `${size} in ${projects.length === 1 ? 'one' : projects.length}`;
      result.rows.push(...(await measure(product, new Corpus(13), name, projects)));
    }
  }
  result.load = round(loadavg()[0] ?? 0);
} finally {
  await product.stop();
  await database.end();
}
if (values.json) {
  console.log(JSON.stringify(result));
} else if (!values.load) {
  console.table(result.rows);
  console.table(result.recall);
  const growth = ['keyword', 'semantic', 'hybrid'].map((mode) => {
    const of = result.rows.filter((row) => row.mode === mode && row.filter === 'none' && row.memory.endsWith('in 100'));
    return `${mode} ${of.map(({ p50 }) => `${p50} ms`).join(' → ')}`;
  });
  console.log(`p50 as memory grows: ${growth.join('; ')}`);
  console.log(
    `${result.cpus} cores, load ${result.loadBefore} before and ${result.load} after; ${result.questions} questions of each kind`,
  );
}
