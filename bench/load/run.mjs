// @ts-check
/**
 * `npm run bench:load`: users who work as agents do, each with a key of their own, over two servers and a worker, at a fixed
 * rate whatever the answers take. The same trace with the cache, without it, and with Redis killed for a while. For each:
 * latency from when a request was due, hits beside what perfect freshness allows, and what a request costs.
 *
 *   --users 100 --rate 100 --seconds 60 --warm-up 20 --seed 1
 *   --modes on,off,killed   --away 20 (seconds without Redis)   --statements N (the most frequent)   --json
 *
 * A hit is possible where the answer is the same as the last one to the same request, whoever asked.
 */
import { loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ensureBuilt } from '../../bin/ensure-built.mjs';
import { Installation } from './installation.mjs';
import { costOf, printed, reportOf, SUMS } from './report.mjs';
import { drawTrace } from './trace.mjs';
import { Traffic } from './traffic.mjs';

const { values } = parseArgs({
  options: {
    users: { type: 'string', default: '100' },
    rate: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '60' },
    'warm-up': { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    modes: { type: 'string', default: 'on,off,killed' },
    away: { type: 'string', default: '20' },
    statements: { type: 'string', default: '0' },
    json: { type: 'boolean' },
  },
});
const size = {
  users: Number(values.users),
  perSecond: Number(values.rate),
  seconds: Number(values['warm-up']) + Number(values.seconds),
  seed: Number(values.seed),
};
const WARM_UP_MS = 1_000 * Number(values['warm-up']);
const AWAY_MS = 1_000 * Number(values.away);
/** When Redis is killed, from when the measurement began. */
const KILLED_AT_MS = (1_000 * Number(values.seconds) - AWAY_MS) / 3;
const MODES = ['on', 'off', 'killed'];
/** After the vectors of what is there are made, nothing of it is left to do. */
const SETTLE_MS = 3_000;

/** How long after the return of Redis everything must be as before. */
const RETURN_MS = 10_000;

/** @param {string} mode */
async function measure(mode) {
  const loadBefore = loadavg()[0] ?? 0;
  const installation = await Installation.start(mode === 'off' ? { CACHE_ENABLED: 'false' } : {});
  try {
    const traffic = new Traffic(installation.urls, installation.operatorKey, size.users);
    await traffic.prepare();
    await pause(SETTLE_MS);
    await traffic.sendAll(trace.filter(({ atMs }) => atMs < WARM_UP_MS));
    traffic.forget();
    await installation.resetStatements();
    const before = await installation.usage();
    const sent = traffic.sendAll(measured);
    if (mode === 'killed') {
      await pause(KILLED_AT_MS);
      await installation.redis.kill();
      await pause(AWAY_MS);
      await installation.redis.start();
    }
    await sent;
    const after = await installation.usage();
    traffic.end();
    const parts = mode === 'killed' ? aroundTheKill(traffic.outcomes) : { [`cache ${mode}`]: traffic.outcomes };
    return {
      mode,
      load: { before: loadBefore, after: loadavg()[0] ?? 0 },
      routes: Object.fromEntries(Object.entries(parts).map(([name, outcomes]) => [name, reportOf(outcomes)])),
      // What Redis has counted is gone with it.
      cost: mode === 'killed' ? undefined : costOf(before, after, measured.length),
      statements: await installation.topStatements(Number(values.statements)),
    };
  } finally {
    await installation.remove();
  }
}

/** @param {readonly import('./traffic.mjs').Outcome[]} outcomes */
function aroundTheKill(outcomes) {
  const between = (/** @type {number} */ fromMs, /** @type {number} */ toMs) =>
    outcomes.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
  const backAtMs = KILLED_AT_MS + AWAY_MS;
  return {
    'before Redis was killed': between(0, KILLED_AT_MS),
    'without Redis': between(KILLED_AT_MS, backAtMs),
    'the first ten seconds after its return': between(backAtMs, backAtMs + RETURN_MS),
    'after that': between(backAtMs + RETURN_MS, Number.POSITIVE_INFINITY),
  };
}

/** @param {Awaited<ReturnType<typeof measure>>} result */
function print({ mode, load, routes, cost, statements }) {
  console.log(`\ncache ${mode}: load of the machine ${load.before.toFixed(2)} before, ${load.after.toFixed(2)} after`);
  for (const [name, rows] of Object.entries(routes)) {
    console.log(name);
    // Of each part of a short while, only the sums say something.
    const shown = mode === 'killed' ? rows.slice(-SUMS) : rows;
    console.table(Object.fromEntries(shown.map(printed).map(({ route, ...row }) => [route, row])));
  }
  if (cost) console.table(cost);
  if (statements.length > 0) console.table(statements);
}

ensureBuilt();
const trace = drawTrace(size);
const measured = trace
  .filter(({ atMs }) => atMs >= WARM_UP_MS)
  .map((request) => ({ ...request, atMs: request.atMs - WARM_UP_MS }));
const results = [];
for (const mode of values.modes.split(',')) {
  if (!MODES.includes(mode)) throw new Error(`${mode} is none of ${MODES.join(', ')}`);
  const result = await measure(mode);
  results.push(result);
  if (!values.json) print(result);
}
if (values.json) console.log(JSON.stringify({ ...size, results }));
