// @ts-check
import { randomBytes } from 'node:crypto';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { Product } from './product.mjs';
import { DEPTH, RetrievalMetrics } from './retrieval-metrics.mjs';
import { readRetrievalSet } from './retrieval-set.mjs';

const USAGE = `Usage: npm run bench:retrieval -- --data FILE [--json]

Measures search on a set of questions with known answers, through the product's own HTTP interface: each collection is
stored as a project of its own (text as content, id as label) and asked each of its questions.

  --data FILE  the set: {name, collections: [{id, docs: [{id, text}], queries: [{id, text, gold}]}]}
  --json       print one JSON object and nothing else on standard output

It starts the built product embedded in a temporary folder, or on DATABASE_URL; with KEEPSAKE_URL and KEEPSAKE_KEY it
asks a running one. Metrics are means over the questions, in percent.`;

const DOCS_AT_ONCE = 50;

/**
 * @typedef {import('./retrieval-set.mjs').Collection} Collection
 *
 * @typedef {object} Tally
 * @property {RetrievalMetrics} metrics
 * @property {number} empty questions that found nothing
 * @property {number} leaks hits of another project
 * @property {number[]} searchMs
 * @property {number} docs
 * @property {number} storeMs
 */

/**
 * @param {Product} product
 * @param {string} project
 * @param {Collection} collection
 * @returns {Promise<Map<string, string>>} label by context id
 */
async function store(product, project, { docs }) {
  const labels = new Map();
  for (let start = 0; start < docs.length; start += DOCS_AT_ONCE) {
    const items = docs.slice(start, start + DOCS_AT_ONCE).map(({ id, text }) => ({ label: id, content: text }));
    const stored = await product.call('POST', '/v1/contexts/batch', { project, atomic: true, items });
    for (const { context } of stored.items) labels.set(context.id, context.label);
  }
  return labels;
}

/**
 * @param {Product} product
 * @param {string} project
 * @param {Collection} collection
 * @param {Map<string, string>} labels
 * @param {Tally} tally
 */
async function ask(product, project, { queries }, labels, tally) {
  for (const { text, gold } of queries) {
    const started = performance.now();
    const answer = await product.call(
      'GET',
      `/v1/search?${new URLSearchParams({ project, q: text, limit: String(DEPTH) }).toString()}`,
    );
    tally.searchMs.push(performance.now() - started);
    const found = answer.items.map((/** @type {{ id: string }} */ hit) => labels.get(hit.id));
    if (found.length === 0) tally.empty++;
    tally.leaks += found.filter((/** @type {string | undefined} */ label) => label === undefined).length;
    tally.metrics.add(found, gold);
  }
}

/** @param {string} path */
async function measure(path) {
  const set = await readRetrievalSet(path);
  const product = await Product.start();
  /** @type {Tally} */
  const tally = { metrics: new RetrievalMetrics(), empty: 0, leaks: 0, searchMs: [], docs: 0, storeMs: 0 };
  const run = randomBytes(4).toString('hex');
  try {
    const started = performance.now();
    const projects = [];
    for (const [index, collection] of set.collections.entries()) {
      const project = `bench-${run}-${index}`;
      projects.push({ project, collection, labels: await store(product, project, collection) });
      tally.docs += collection.docs.length;
    }
    tally.storeMs = performance.now() - started;
    // Asked when all are stored: only then could one project show in another.
    for (const { project, collection, labels } of projects) await ask(product, project, collection, labels, tally);
  } finally {
    await product.stop();
  }
  return { set: set.name, tally };
}

/** @param {number[]} values */
function percentile(values, /** @type {number} */ share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

const { values } = parseArgs({
  options: { data: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
});
if (values.help || values.data === undefined) {
  console.error(USAGE);
  process.exit(values.help ? 0 : 2);
}
const { set, tally } = await measure(values.data);
const result = {
  set,
  queries: tally.metrics.queries,
  empty: tally.empty,
  leaks: tally.leaks,
  metrics: tally.metrics.summary(),
};
if (values.json) {
  console.log(JSON.stringify(result));
} else {
  console.log(
    `${set}: ${tally.docs} docs, ${result.queries} questions, ${result.empty} found nothing, ${result.leaks} hits of another project`,
  );
  console.table({ '%': result.metrics });
  const [p50, p95] = [percentile(tally.searchMs, 0.5), percentile(tally.searchMs, 0.95)];
  console.log(
    `search over HTTP p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms; stored ${(tally.docs / (tally.storeMs / 1000)).toFixed(0)} docs a second; load ${loadavg()[0]?.toFixed(2)}`,
  );
}
