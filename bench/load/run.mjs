// @ts-check
/**
 * `npm run bench:load`: users who work as agents do, each with a key of their own, over two servers and a worker, at a fixed
 * rate whatever the answers take. The same trace with the cache, without it, and with Redis killed for a while. For each:
 * latency from when a request was due, hits beside what perfect freshness allows, and what a request costs.
 *
 *   --users 100 --rate 100 --seconds 60 --warm-up 20 --seed 1
 *   --turns N: N requests one after the other instead, and what each route costs; the same on any machine
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
    turns: { type: 'string' },
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

/** As many as there are answers to share among them while they come one after the other. */
const USERS_IN_TURN = 20;
const LABELS_IN_TURN = 30;
/** Requests before those that are counted. */
const WARM_UP_SHARE = 0.5;

/** How long after the return of Redis everything must be as before. */
const RETURN_MS = 10_000;

/**
 * Sends requests one after the other, and counts what each of them costs.
 *
 * @param {number} turns
 */
async function measureInTurn(turns) {
  const installation = await Installation.start({});
  try {
    const users = Math.min(size.users, USERS_IN_TURN);
    const traffic = new Traffic(installation.urls, installation.operatorKey, users);
    await traffic.prepare(LABELS_IN_TURN);
    await pause(SETTLE_MS);
    const all = drawTrace({
      ...size,
      users,
      labels: LABELS_IN_TURN,
      seconds: Math.ceil((turns * (1 + WARM_UP_SHARE)) / size.perSecond),
    });
    const warmUp = Math.round(turns * WARM_UP_SHARE);
    await traffic.sendInTurn(all.slice(0, warmUp));
    traffic.forget();
    await installation.resetStatements();
    /** @type {Record<string, { statements: number, commands: number }>} */
    const costs = {};
    const idle = await installation.idleWork();
    const before = await installation.work();
    await traffic.sendInTurn(all.slice(warmUp, warmUp + turns), async ({ kind }, send) => {
      const from = await installation.work();
      await send();
      const to = await installation.work();
      const cost = (costs[kind] ??= { statements: 0, commands: 0 });
      const tookMs = to.atMs - from.atMs;
      cost.statements += to.statements - from.statements - tookMs * idle.statements;
      cost.commands += to.commands - from.commands - tookMs * idle.commands;
    });
    const after = await installation.work();
    traffic.end();
    const outcomes = traffic.outcomes;
    /** Without what the processes send by the clock. */
    const sent = (/** @type {'statements' | 'commands'} */ what) =>
      after[what] - before[what] - idle[what] * (after.atMs - before.atMs);
    const count = (/** @type {string} */ kind) =>
      all.slice(warmUp, warmUp + turns).filter((each) => each.kind === kind).length;
    return {
      mode: 'in turn',
      routes: reportOf(outcomes),
      each: Object.fromEntries(
        Object.entries(costs).map(([kind, { statements, commands }]) => [
          kind,
          {
            requests: count(kind),
            statements: perRequest(statements, count(kind)),
            commands: perRequest(commands, count(kind)),
          },
        ]),
      ),
      cost: {
        'statements a request': perRequest(sent('statements'), turns),
        'Redis commands a request': perRequest(sent('commands'), turns),
        'outbox rows and transactions': await installation.outboxRows(),
      },
      statements: await installation.topStatements(Number(values.statements)),
      commands: Number(values.statements) > 0 ? installation.topCommands() : [],
    };
  } finally {
    await installation.remove();
  }
}

/** @param {number} total @param {number} requests */
function perRequest(total, requests) {
  return Math.round((100 * total) / requests) / 100;
}

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
if (values.turns !== undefined) {
  const result = await measureInTurn(Number(values.turns));
  if (values.json) console.log(JSON.stringify(result));
  else {
    console.table(
      Object.fromEntries(
        result.routes
          .map(printed)
          .map(({ route, requests, failed, ...row }) => [
            route,
            { requests, failed, 'hits %': row['hits %'], 'merged %': row['merged %'], 'possible %': row['possible %'] },
          ]),
      ),
    );
    console.table(result.each);
    console.table(result.cost);
    if (result.statements.length > 0) console.table(result.statements);
    if (result.commands.length > 0) console.table(result.commands);
  }
  process.exit(0);
}
for (const mode of values.modes.split(',')) {
  if (!MODES.includes(mode)) throw new Error(`${mode} is none of ${MODES.join(', ')}`);
  const result = await measure(mode);
  results.push(result);
  if (!values.json) print(result);
}
if (values.json) console.log(JSON.stringify({ ...size, results }));
