// @ts-check
/**
 * A short benchmark of a running server, for whoever operates it: `keepsake bench`. Bounded in time, callers and writes;
 * it works in a project of its own and deletes that at the end. The figures are those of this client on this machine: where
 * both are one machine, they share its cores.
 *
 * Reads `BENCH_URL`, `BENCH_KEY` (an operator's, so that no rate limit answers) and `BENCH_WORKSPACE`.
 */
import { randomBytes } from 'node:crypto';
import * as http from 'node:http';
import * as https from 'node:https';
import { loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { paceOf } from '../cache/pace.mjs';

const CONTENT_BYTES = 4_096;
/** Each is a row in the database until the end. */
const MOST_WRITES = 500;
const MOST_DELETIONS = 10;

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {http.IncomingHttpHeaders} headers
 * @property {string} text
 *
 * @typedef {object} Row
 * @property {string} name
 * @property {number} requests
 * @property {number} perSecond
 * @property {number} p50Ms
 * @property {number} p99Ms
 * @property {number | null} hitShare of answers that say where they came from
 * @property {number} errors answers from 400 on, and none at all
 */

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    callers: { type: 'string', default: '16' },
    json: { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);
const callers = Number(values.callers);
const base = new URL(String(process.env['BENCH_URL']));
const client = base.protocol === 'https:' ? https : http;
const agent = new client.Agent({ keepAlive: true, maxSockets: callers });
const project = `bench-${randomBytes(6).toString('hex')}`;

/**
 * @param {string} method
 * @param {string} path
 * @param {{ body?: object, headers?: Record<string, string> }} [options]
 * @returns {Promise<Answer>}
 */
function ask(method, path, { body, headers = {} } = {}) {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const request = client.request(
      new URL(path, base),
      {
        agent,
        method,
        timeout: 30_000,
        headers: {
          authorization: `Bearer ${process.env['BENCH_KEY']}`,
          'x-keepsake-workspace': process.env['BENCH_WORKSPACE'] ?? 'default',
          ...(text === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
          ...headers,
        },
      },
      (response) => {
        let received = '';
        response.setEncoding('utf8').on('data', (/** @type {string} */ part) => (received += part));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text: received }),
        );
        response.on('error', reject);
      },
    );
    request.on('timeout', () => request.destroy(new Error('no answer within 30 s')));
    request.on('error', reject);
    request.end(text);
  });
}

/**
 * @param {Answer} answer
 * @returns {any}
 */
function bodyOf({ status, text }) {
  if (status >= 400) throw new Error(`the server answers ${status}: ${text.slice(0, 300)}`);
  return JSON.parse(text);
}

/**
 * @param {string} name
 * @param {() => Promise<Answer>} step
 * @param {number} [most] requests
 * @returns {Promise<Row>}
 */
async function measure(name, step, most = Number.POSITIVE_INFINITY) {
  console.error(name);
  await step();
  /** @type {number[]} */
  const times = [];
  let [errors, reported, hits, begun] = [0, 0, 0, 0];
  const { perSecond } = await paceOf(callers, seconds * 1_000, async () => {
    if (begun++ >= most) return pause(5);
    const startMs = performance.now();
    try {
      const { status, headers } = await step();
      if (status >= 400) errors++;
      const cacheStatus = String(headers['cache-status'] ?? '');
      if (cacheStatus !== '') reported++;
      if (/;\s*hit\b/.test(cacheStatus)) hits++;
    } catch {
      errors++;
    }
    times.push(performance.now() - startMs);
  });
  times.sort((a, b) => a - b);
  const at = (/** @type {number} */ share) =>
    Number((times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN).toFixed(3));
  return {
    name,
    requests: times.length,
    // Where the requests ran out before the time, the pace is that of the pause.
    perSecond: Math.round(
      times.length < begun ? times.length / (times.reduce((sum, ms) => sum + ms, 0) / 1_000 / callers) : perSecond,
    ),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    hitShare: reported === 0 ? null : hits / reported,
    errors,
  };
}

/** Background work on what was written can get in the way; the server says so, and that the request may be sent again. */
async function deleteProject() {
  for (let tries = 1; ; tries++) {
    const answer = await ask('DELETE', `/v1/projects/${project}?confirm=${project}`);
    if (answer.status !== 409 || tries === MOST_DELETIONS) return answer;
    await pause(200 * tries);
  }
}

const loadBefore = loadavg()[0] ?? 0;
const content =
  `# What the benchmark reads\n\n${'words of a text that somebody wrote down, '.repeat(CONTENT_BYTES / 40)}`.slice(
    0,
    CONTENT_BYTES,
  );
const { id } = bodyOf(await ask('POST', '/v1/contexts', { body: { project, label: 'read', content } }));
/** @type {Row[]} */
let rows = [];
try {
  const path = `/v1/contexts/${id}`;
  const etag = (await ask('GET', path)).headers.etag ?? '';
  let written = 0;
  rows = [
    await measure('GET /health/live, the bare server', () => ask('GET', '/health/live')),
    await measure('GET /v1/contexts/:id, 4 KiB', () => ask('GET', path)),
    await measure('the same, If-None-Match', () => ask('GET', path, { headers: { 'if-none-match': etag } })),
    await measure('GET /v1/search, the same question', () =>
      ask('GET', `/v1/search?project=${project}&q=somebody+wrote&mode=keyword`),
    ),
    await measure(
      'POST /v1/contexts, 1 KiB, new labels',
      () => {
        const label = `write/${written++}`;
        return ask('POST', '/v1/contexts', {
          body: { project, label, content: `${label} ${content.slice(0, 1_000)}` },
        });
      },
      MOST_WRITES,
    ),
  ];
} finally {
  bodyOf(await deleteProject());
  agent.destroy();
}
const report = { url: base.origin, seconds, callers, load: { before: loadBefore, after: loadavg()[0] ?? 0 }, rows };
if (values.json) console.log(JSON.stringify(report));
else {
  console.log(
    `${base.origin}, ${callers} callers, ${seconds} s each; load of this machine ${loadBefore.toFixed(2)} before`,
  );
  console.table(
    Object.fromEntries(
      rows.map(({ name, requests, perSecond, p50Ms, p99Ms, hitShare, errors }) => [
        name,
        {
          requests,
          'a second': perSecond,
          'p50 ms': p50Ms,
          'p99 ms': p99Ms,
          'from the cache': hitShare === null ? '–' : `${(hitShare * 100).toFixed(1)} %`,
          errors,
        },
      ]),
    ),
  );
}
process.exitCode = rows.every(({ errors }) => errors === 0) ? 0 : 1;
