// @ts-check
/**
 * `npm run soak:redis-away`: two servers on one PostgreSQL and one Redis, under twenty writers and twenty readers, while Redis
 * is unavailable for ten minutes: for the first half it is connected and answers nothing, for the second it is not there.
 * Latency, statements a second, memory and waiting invalidations over time; and how long after its return until everything
 * is as before: health, hits, writes that need not wait, an empty outbox.
 *
 *   --seconds 600 --writers 20 --readers 20 --pause-ms 1000 --json
 *
 * Ends with 1 where a request failed, a read was stale beyond the bound, something grew, or the return took longer than two seconds.
 */
import { randomBytes } from 'node:crypto';
import { loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ensureBuilt } from '../../../bin/ensure-built.mjs';
import { startPostgres } from '#test/setup/services/postgres.mjs';
import { startRedis } from '#test/setup/services/redis.mjs';
import { until } from '#test/setup/services/until.mjs';
import { startProductProcess } from '#test/support/product-process.mjs';
import { Traffic } from './traffic.mjs';
import { Watch } from './watch.mjs';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    writers: { type: 'string', default: '20' },
    readers: { type: 'string', default: '20' },
    'pause-ms': { type: 'string', default: '1000' },
    json: { type: 'boolean' },
  },
});
const UNAVAILABLE_SECONDS = Number(options.seconds);
/** Before Redis goes, after it came back, and without any traffic at the end. */
const AROUND_SECONDS = Math.min(30, Math.max(5, UNAVAILABLE_SECONDS / 10));
const SAMPLE_SECONDS = Math.min(60, Math.max(2, UNAVAILABLE_SECONDS / 10));
const SERVERS = 2;
const NORMAL_WITHIN_MS = 2_000;
/** A write that has to wait for a peer waits this long. */
const BOUND_MS = 1_000;
const MOST_GROWTH_MIB = 96;
const KEY = `ks_soak_${randomBytes(24).toString('hex')}`;

ensureBuilt();
const loadBefore = loadavg()[0] ?? 0;
/** @type {(() => Promise<unknown>)[]} */
const cleanUp = [];
/** @type {string[]} */
const problems = [];

try {
  const redis = await startRedis();
  cleanUp.push(() => redis.remove());
  const postgres = await startPostgres({
    settings: { shared_preload_libraries: 'pg_stat_statements', 'pg_stat_statements.max': 20_000 },
  });
  cleanUp.push(() => postgres.remove());
  /** @type {Awaited<ReturnType<typeof startProductProcess>>[]} */
  const servers = [];
  for (let n = 0; n < SERVERS; n++) {
    const server = await startProductProcess('serve', {
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      // A busy machine is not an absence of Redis.
      REDIS_SOCKET_TIMEOUT: '250',
      KEEPSAKE_BOOTSTRAP_KEY: KEY,
      EMBEDDING_PROVIDER: 'off',
      RATE_LIMIT_ENABLED: 'false',
      LOG_LEVEL: 'fatal',
    });
    servers.push(server);
    cleanUp.push(() => server.remove());
  }
  const urls = servers.map(({ url }) => url);
  const watch = await Watch.on(
    postgres.url,
    servers.map(({ pid }) => pid),
  );
  cleanUp.push(() => watch.end());
  const traffic = new Traffic(urls, KEY, {
    writers: Number(options.writers),
    readers: Number(options.readers),
    pauseMs: Number(options['pause-ms']),
  });

  /** @type {Record<string, number | string>[]} */
  const table = [];
  /** @param {string} phase @param {number} seconds */
  const sample = async (phase, seconds) => {
    traffic.report();
    await watch.look();
    const hitsBefore = traffic.hits;
    await pause(seconds * 1_000);
    const { write, read } = traffic.report();
    const { statementsPerSecond, outboxRows, rssMiB } = await watch.look();
    const row = {
      phase,
      'writes/s': round(write.count / seconds),
      'write p50 ms': round(write.p50Ms),
      'write p99 ms': round(write.p99Ms),
      'reads/s': round(read.count / seconds),
      'read p50 ms': round(read.p50Ms),
      'read p99 ms': round(read.p99Ms),
      'hits %': Math.round((100 * (traffic.hits - hitsBefore)) / Math.max(1, read.count)),
      failed: write.failed + read.failed,
      'statements/s': Math.round(statementsPerSecond),
      'outbox rows': outboxRows,
      'memory MiB': rssMiB.map((mib) => Math.round(mib)).join(' '),
      load: round(loadavg()[0] ?? 0),
    };
    table.push(row);
    if (!options.json) console.error(JSON.stringify(row));
    return { ...row, rssMiB, statementsPerSecond, writeP50Ms: write.p50Ms };
  };
  const partOf = async (/** @type {string} */ url) => (await traffic.ask(url, '/health')).body.parts.cache.status;
  const everywhere = async (/** @type {(url: string) => Promise<boolean>} */ holds) =>
    (await Promise.all(urls.map(holds))).every(Boolean);

  /** What holds when all is as it was. */
  const goals = {
    'health up': () => everywhere(async (url) => (await partOf(url)) === 'up'),
    'outbox empty': async () => (await watch.outboxRows()) < Number(options.writers),
    'writes at once': () =>
      everywhere(async (url) => {
        const beganMs = performance.now();
        await traffic.ask(url, '/v1/contexts', { project: 'probe', label: url, content: String(beganMs) });
        return performance.now() - beganMs < Math.max(BOUND_MS / 2, slowestWriteMs);
      }),
    hits: () =>
      everywhere(async (url) => {
        const path = '/v1/contexts?project=quiet';
        await traffic.ask(url, path);
        return (await traffic.ask(url, path)).headers.get('cache-status')?.includes('hit') === true;
      }),
  };
  /** How long it takes until each of them holds. */
  const measureGoals = async () => {
    const beganMs = performance.now();
    const measured = Object.entries(goals).map(async ([name, holds]) => {
      await until(holds, { timeoutMs: 60_000, everyMs: 50, what: name });
      return /** @type {const} */ ([name, Math.round(performance.now() - beganMs)]);
    });
    return Object.fromEntries(await Promise.all(measured));
  };

  let slowestWriteMs = BOUND_MS;
  await measureGoals();
  const before = await sample('before', AROUND_SECONDS);
  slowestWriteMs = before['write p99 ms'];
  /** What asking takes on this machine when all is well. */
  const usualMs = await measureGoals();

  /** @type {Awaited<ReturnType<typeof sample>>[]} */
  const unavailable = [];
  const half = Math.max(1, Math.round(UNAVAILABLE_SECONDS / SAMPLE_SECONDS / 2));
  redis.pause();
  for (let n = 1; n <= half; n++) unavailable.push(await sample(`answers nothing ${n}`, SAMPLE_SECONDS));
  await redis.kill();
  for (let n = 1; n <= half; n++) unavailable.push(await sample(`not there ${n}`, SAMPLE_SECONDS));

  await redis.start();
  const backMs = await measureGoals();
  const after = await sample('after', AROUND_SECONDS);
  await traffic.stop();
  await pause(2_000);
  const quiet = await sample('no traffic', AROUND_SECONDS);

  problems.push(...traffic.problems);
  for (const [name, ms] of Object.entries(backMs))
    if (ms > NORMAL_WITHIN_MS + (usualMs[name] ?? 0)) problems.push(`${name}: ${ms} ms after the return of Redis`);
  const lastUnavailable = /** @type {(typeof unavailable)[number]} */ (unavailable.at(-1));
  const firstUnavailable = /** @type {(typeof unavailable)[number]} */ (unavailable[0]);
  if (lastUnavailable.statementsPerSecond > 1.5 * firstUnavailable.statementsPerSecond + 20)
    problems.push(
      `statements a second grew from ${firstUnavailable['statements/s']} to ${lastUnavailable['statements/s']}`,
    );
  if (lastUnavailable['read p50 ms'] > 3 * firstUnavailable['read p50 ms'] + 20)
    problems.push(`reads grew from ${firstUnavailable['read p50 ms']} to ${lastUnavailable['read p50 ms']} ms`);
  // The heap takes what it may before it collects. What counts is whether it goes on growing with what waits, and keeps it.
  const third = Math.max(1, Math.floor(unavailable.length / 3));
  for (const n of servers.keys()) {
    const early = meanOf(unavailable.slice(0, third).map(({ rssMiB }) => rssMiB[n] ?? 0));
    const late = meanOf(unavailable.slice(-third).map(({ rssMiB }) => rssMiB[n] ?? 0));
    const kept = Math.min(late, quiet.rssMiB[n] ?? 0);
    if (kept > Math.max(early, before.rssMiB[n] ?? 0) + MOST_GROWTH_MIB)
      problems.push(`server ${n} grew from ${round(early)} to ${round(kept)} MiB`);
  }
  if (quiet['outbox rows'] > 0) problems.push(`${quiet['outbox rows']} rows were left in the outbox`);
  if (after['hits %'] === 0) problems.push('no read was a hit after the return');
  const result = {
    unavailableSeconds: 2 * half * SAMPLE_SECONDS,
    writers: Number(options.writers),
    readers: Number(options.readers),
    writes: traffic.writes,
    reads: traffic.reads,
    backMs,
    usualMs,
    load: { before: round(loadBefore), after: round(loadavg()[0] ?? 0) },
    table,
    problems,
  };
  if (options.json) console.log(JSON.stringify(result));
  else {
    console.table(table);
    console.table({ 'until all is as before, ms': backMs, 'when all is well, ms': usualMs });
    console.log(`load of the machine: ${result.load.before} before, ${result.load.after} after`);
    console.log(problems.length === 0 ? 'Nothing failed, nothing grew.' : problems.join('\n'));
  }
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  for (const remove of cleanUp.toReversed()) await remove();
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 10) / 10;
}

/** @param {readonly number[]} values at least one */
function meanOf(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
