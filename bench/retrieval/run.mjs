// @ts-check
import { randomBytes } from 'node:crypto';
import { loadavg } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Product } from './product.mjs';
import { DEPTH, RetrievalMetrics } from './retrieval-metrics.mjs';
import { readRetrievalSet } from './retrieval-set.mjs';

const USAGE = `Usage: npm run bench:retrieval -- --data FILE [--mode MODE] [--json]

Measures search on a set of questions with known answers, through the product's own HTTP interface: each collection is
stored as a project of its own (text as content, id as label) and asked each of its questions.

  --data FILE  the set: {name, collections: [{id, docs: [{id, text}], queries: [{id, text, gold}]}]}
  --mode MODE  keyword, semantic, hybrid, or several of them, separated by commas; the product's choice where left out
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
 * @property {Set<string>} ran modes, and why where it was not the one asked for
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
 * @param {string | undefined} mode
 */
async function ask(product, project, { queries }, labels, tally, mode) {
  for (const { text, gold } of queries) {
    const started = performance.now();
    const answer = await product.call(
      'GET',
      `/v1/search?${new URLSearchParams({ project, q: text, limit: String(DEPTH), ...(mode && { mode }) }).toString()}`,
    );
    tally.searchMs.push(performance.now() - started);
    tally.ran.add(answer.degraded ? `${answer.mode} (${answer.reason})` : answer.mode);
    const found = answer.items.map((/** @type {{ id: string }} */ hit) => labels.get(hit.id));
    if (found.length === 0) tally.empty++;
    tally.leaks += found.filter((/** @type {string | undefined} */ label) => label === undefined).length;
    tally.metrics.add(found, gold);
  }
}

/**
 * Until nothing waits for its vectors: a question before that is asked of half an index.
 *
 * @param {Product} product
 * @param {string} project
 */
async function embedded(product, project) {
  for (;;) {
    let isWaiting = false;
    for (let cursor = ''; cursor !== null && !isWaiting;) {
      const query = new URLSearchParams({ project, limit: '100', ...(cursor && { cursor }) });
      const page = await product.call('GET', `/v1/contexts?${query.toString()}`);
      isWaiting = page.items.some((/** @type {{ embedding: string }} */ { embedding }) => embedding === 'pending');
      cursor = page.nextCursor;
    }
    if (!isWaiting) return;
    await setTimeout(250);
  }
}

/** @returns {Tally} */
function newTally() {
  return { metrics: new RetrievalMetrics(), empty: 0, leaks: 0, searchMs: [], ran: new Set() };
}

/**
 * Every mode is asked of the same stored memory: what ties is then in the same order.
 *
 * @param {string} path
 * @param {readonly (string | undefined)[]} modes undefined: what the product chooses
 */
async function measure(path, modes) {
  const set = await readRetrievalSet(path);
  const product = await Product.start();
  const run = randomBytes(4).toString('hex');
  try {
    const started = performance.now();
    const projects = [];
    let docs = 0;
    for (const [index, collection] of set.collections.entries()) {
      const project = `bench-${run}-${index}`;
      projects.push({ project, collection, labels: await store(product, project, collection) });
      docs += collection.docs.length;
    }
    const storedAt = performance.now();
    for (const { project } of projects) await embedded(product, project);
    const embeddedAt = performance.now();
    const tallies = [];
    for (const mode of modes) {
      const tally = newTally();
      // Asked when all are stored: only then could one project show in another.
      for (const { project, collection, labels } of projects)
        await ask(product, project, collection, labels, tally, mode);
      tallies.push(tally);
    }
    return { set: set.name, docs, storeMs: storedAt - started, embedMs: embeddedAt - storedAt, tallies };
  } finally {
    await product.stop();
  }
}

/** @param {Tally} tally */
function summaryOf({ metrics, empty, leaks, ran }) {
  return { ran: [...ran], queries: metrics.queries, empty, leaks, metrics: metrics.summary() };
}

/** @param {number[]} values */
function percentile(values, /** @type {number} */ share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

const { values } = parseArgs({
  options: { data: { type: 'string' }, mode: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
});
if (values.help || values.data === undefined) {
  console.error(USAGE);
  process.exit(values.help ? 0 : 2);
}
const modes = values.mode === undefined ? [undefined] : values.mode.split(',');
const { set, docs, storeMs, embedMs, tallies } = await measure(values.data, modes);
const results = tallies.map(summaryOf);
if (values.json) {
  console.log(JSON.stringify(results.length === 1 ? { set, ...results[0] } : { set, results }));
} else {
  for (const [index, { ran, queries, empty, leaks, metrics }] of results.entries()) {
    console.log(
      `${set}, ${ran.join(', ')}: ${docs} docs, ${queries} questions, ${empty} found nothing, ${leaks} hits of another project`,
    );
    console.table({ '%': metrics });
    const times = tallies[index]?.searchMs ?? [];
    console.log(
      `search over HTTP p50 ${percentile(times, 0.5).toFixed(1)} ms, p95 ${percentile(times, 0.95).toFixed(1)} ms`,
    );
  }
  console.log(
    `stored ${(docs / (storeMs / 1000)).toFixed(0)} docs a second, embedded ${(embedMs / 1000).toFixed(1)} s after the last; load ${loadavg()[0]?.toFixed(2)}`,
  );
}
