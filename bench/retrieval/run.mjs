// @ts-check
import { randomBytes } from 'node:crypto';
import { loadavg } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { belowItsChannels } from './best-channel.mjs';
import { PARTS, rankedWithout } from './parts-of-ranking.mjs';
import { Product } from './product.mjs';
import { DEPTH, RetrievalMetrics } from './retrieval-metrics.mjs';
import { conversationsOf, readRetrievalSet, timeOf } from './retrieval-set.mjs';

const USAGE = `Usage: npm run bench:retrieval -- --data FILE [FILE …] [--mode MODE] [--parts] [--json]

Measures search on sets of questions with known answers, through the product's own HTTP interface. Each collection is
stored as a project of its own and asked each of its questions: a doc with a speaker is a message of the conversation that
its session names, in the order given, with speaker and time; one without is a context (text as content, id as label).

  --data FILE  a set: {name, collections: [{id, docs: [{id, session, ts, speaker, text}], queries: [{id, text, gold}]}]};
               several of them are measured one after the other in one installation
  --mode MODE  keyword, semantic, hybrid, or several of them, separated by commas; where left out, all three for people and
               the product's choice for --json
  --parts      also what hybrid search finds without one part of its ranking at a time, as its scores report it, and without
               weak hits; passages are part of the index, and can't be taken out of an answer
  --json       print one JSON object and nothing else on standard output

It starts the built product embedded in a temporary folder, or on DATABASE_URL; with KEEPSAKE_URL and KEEPSAKE_KEY it
asks a running one. Metrics are means over the questions, in percent. Ends with 1 where hybrid search finds less on some set
(R@5 or R@10) than one of its channels that was measured beside it.`;

/** Hits that an answer is put in another order of: as many as a page has. */
const DEPTH_OF_PARTS = 100;
/** Stands for a hit that is no doc of the collection. */
const ELSEWHERE = '';
const MODES = ['keyword', 'semantic', 'hybrid'];
const CONTEXTS_AT_ONCE = 50;
const MESSAGES_AT_ONCE = 200;
/** As a message has them. */
const ROLES = new Set(['user', 'assistant']);

/**
 * @typedef {import('./retrieval-set.mjs').Collection} Collection
 * @typedef {import('./retrieval-set.mjs').Doc} Doc
 *
 * @typedef {object} Tally
 * @property {RetrievalMetrics} metrics
 * @property {number} empty questions that found nothing
 * @property {number} leaks hits of another project
 * @property {number[]} searchMs
 * @property {Set<string>} ran modes, and why where it was not the one asked for
 * @property {string | undefined} mode that was asked for
 * @property {Record<string, RetrievalMetrics>} without by the part that is left out
 *
 * @typedef {object} Measurement
 * @property {string} set
 * @property {number} docs
 * @property {number} storeMs
 * @property {number} embedMs
 * @property {Tally[]} tallies one a mode
 */

/**
 * @param {Product} product
 * @param {string} project
 * @param {Collection} collection
 * @returns {Promise<Map<string, string>>} id of the doc by the id that the product gave it
 */
async function store(product, project, { docs }) {
  const ids = new Map();
  const contexts = docs.filter(({ speaker }) => !speaker);
  for (const batch of batchesOf(contexts, CONTEXTS_AT_ONCE)) {
    const items = batch.map(({ id, text }) => ({ label: id, content: text }));
    const stored = await product.call('POST', '/v1/contexts/batch', { project, atomic: true, items });
    for (const { context } of stored.items) ids.set(context.id, context.label);
  }
  for (const [session, said] of conversationsOf(docs)) {
    const { id } = await product.call('POST', '/v1/conversations', { project, externalId: session || 'only' });
    for (const batch of batchesOf(said, MESSAGES_AT_ONCE)) {
      const messages = batch.map(messageOf);
      const stored = await product.call('POST', `/v1/conversations/${id}/messages`, { messages });
      for (const item of stored.items) ids.set(item.id, item.clientId);
    }
  }
  return ids;
}

/** @param {Doc} doc */
function messageOf({ id, speaker = '', ts, text }) {
  const createdAt = timeOf(ts);
  const role = ROLES.has(speaker) ? speaker : 'user';
  return { clientId: id, role, name: speaker, content: text, ...(createdAt && { createdAt }) };
}

/**
 * @template Item
 * @param {readonly Item[]} items
 * @param {number} size
 */
function* batchesOf(items, size) {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

/**
 * @param {Product} product
 * @param {string} project
 * @param {Collection} collection
 * @param {Map<string, string>} ids
 * @param {Tally} tally
 * @param {boolean} withParts
 */
async function ask(product, project, { queries }, ids, tally, withParts) {
  const { mode } = tally;
  const isTakenApart = withParts && (mode === undefined || mode === 'hybrid');
  const limit = String(isTakenApart ? DEPTH_OF_PARTS : DEPTH);
  const search = (/** @type {string} */ q, /** @type {Record<string, string>} */ rest = {}) =>
    product.call(
      'GET',
      `/v1/search?${new URLSearchParams({ project, q, limit, neighbours: '0', ...(mode && { mode }), ...rest }).toString()}`,
    );
  const docsOf = (/** @type {readonly { id: string }[]} */ hits) => hits.map(({ id }) => ids.get(id) ?? ELSEWHERE);
  for (const { text, gold } of queries) {
    const started = performance.now();
    const answer = await search(text);
    tally.searchMs.push(performance.now() - started);
    tally.ran.add(answer.degraded ? `${answer.mode} (${answer.reason})` : answer.mode);
    const found = docsOf(answer.items);
    if (found.length === 0) tally.empty++;
    tally.leaks += found.filter((id) => id === ELSEWHERE).length;
    tally.metrics.add(found, gold);
    if (!isTakenApart) continue;
    for (const part of PARTS) addWithout(tally, part, docsOf(rankedWithout(answer.items, part)), gold);
    const isWeak = answer.items.some((/** @type {{ weak: boolean }} */ { weak }) => weak);
    addWithout(tally, 'weak hits', isWeak ? docsOf((await search(text, { weak: 'false' })).items) : found, gold);
  }
}

/**
 * @param {Tally} tally
 * @param {string} part
 * @param {readonly string[]} found
 * @param {readonly string[]} gold
 */
function addWithout({ without }, part, found, gold) {
  without[part] ??= new RetrievalMetrics();
  without[part].add(found, gold);
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

/**
 * @param {string | undefined} mode
 * @returns {Tally}
 */
function newTally(mode) {
  return { metrics: new RetrievalMetrics(), empty: 0, leaks: 0, searchMs: [], ran: new Set(), mode, without: {} };
}

/**
 * Every mode is asked of the same stored memory: what ties is then in the same order.
 *
 * @param {Product} product
 * @param {string} path
 * @param {readonly (string | undefined)[]} modes undefined: what the product chooses
 * @param {boolean} withParts
 * @returns {Promise<Measurement>}
 */
async function measure(product, path, modes, withParts) {
  const set = await readRetrievalSet(path);
  const run = randomBytes(4).toString('hex');
  const started = performance.now();
  const projects = [];
  let docs = 0;
  for (const [index, collection] of set.collections.entries()) {
    const project = `bench-${run}-${index}`;
    projects.push({ project, collection, ids: await store(product, project, collection) });
    docs += collection.docs.length;
  }
  const storedAt = performance.now();
  for (const { project } of projects) await embedded(product, project);
  const embeddedAt = performance.now();
  const tallies = [];
  for (const mode of modes) {
    const tally = newTally(mode);
    // Asked when all are stored: only then could one project show in another.
    for (const { project, collection, ids } of projects) await ask(product, project, collection, ids, tally, withParts);
    tallies.push(tally);
  }
  return { set: set.name, docs, storeMs: storedAt - started, embedMs: embeddedAt - storedAt, tallies };
}

/** @param {Tally} tally */
function summaryOf({ metrics, empty, leaks, ran, without }) {
  const parts = Object.entries(without).map(([part, rest]) => [part, rest.summary()]);
  const summary = { ran: [...ran], queries: metrics.queries, empty, leaks, metrics: metrics.summary() };
  return parts.length === 0 ? summary : { ...summary, without: Object.fromEntries(parts) };
}

/** @param {Measurement} measurement */
function jsonOf({ set, tallies }) {
  const results = tallies.map(summaryOf);
  return results.length === 1 ? { set, ...results[0] } : { set, results };
}

/** @param {Measurement} measurement */
function print({ set, docs, storeMs, embedMs, tallies }) {
  /** @type {Record<string, Record<string, number>>} */
  const rows = {};
  for (const tally of tallies) {
    const { ran, queries, empty, leaks, metrics } = summaryOf(tally);
    const [p50, p95] = [0.5, 0.95].map((share) => Number(percentile(tally.searchMs, share).toFixed(1)));
    rows[ran.join(', ')] = { ...metrics, 'p50 ms': p50 ?? 0, 'p95 ms': p95 ?? 0 };
    for (const [part, rest] of Object.entries(tally.without)) rows[`– without ${part}`] = rest.summary();
    console.log(
      `${set}, ${ran.join(', ')}: ${docs} docs, ${queries} questions, ${empty} found nothing, ${leaks} hits of another project`,
    );
  }
  console.table(rows);
  console.log(
    `stored ${(docs / (storeMs / 1000)).toFixed(0)} docs a second, embedded ${(embedMs / 1000).toFixed(1)} s after the last; load ${loadavg()[0]?.toFixed(2)}`,
  );
}

/** @param {number[]} values */
function percentile(values, /** @type {number} */ share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

const { values, positionals } = parseArgs({
  options: {
    data: { type: 'string', multiple: true },
    mode: { type: 'string' },
    parts: { type: 'boolean' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  },
  allowPositionals: true,
});
if (values.help || values.data === undefined) {
  console.error(USAGE);
  process.exit(values.help ? 0 : 2);
}
const modes = values.mode?.split(',') ?? (values.json ? [undefined] : MODES);
const product = await Product.start();
try {
  const measurements = [];
  for (const path of [...values.data, ...positionals]) {
    const measurement = await measure(product, path, modes, values.parts === true);
    measurements.push(measurement);
    if (!values.json) print(measurement);
  }
  const [first] = measurements;
  if (values.json && first !== undefined)
    console.log(JSON.stringify(measurements.length === 1 ? jsonOf(first) : { sets: measurements.map(jsonOf) }));
  for (const { set, tallies } of measurements) {
    const metrics = tallies.map(({ mode, metrics: tallied }) => [mode ?? 'the product’s choice', tallied.summary()]);
    for (const problem of belowItsChannels(set, Object.fromEntries(metrics))) {
      console.error(problem);
      process.exitCode = 1;
    }
  }
} finally {
  await product.stop();
}
