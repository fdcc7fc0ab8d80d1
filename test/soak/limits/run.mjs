// @ts-check
/**
 * `npm run soak:limits`: a day of counters. Several processes ask the product's limiter for every policy, tier and kind
 * of client on a Redis of their own, on a clock that runs so fast that the day fits (periods are shorter by as much).
 * The first part is undisturbed, and no counter may let more pass than its limit and what came back. Then Redis evicts,
 * is full, killed, restarted with an old dump, paused, loses its scripts and steps its clock, and processes are killed in
 * the middle of calls. At the end and after each of that every counter must have an expiry within its bound; when all is
 * over none may be left, and memory must be where it was.
 *
 * Ends with 1 where something of this does not hold.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startRedis } from '#test/setup/services/redis.mjs';
import { createPlan } from './plan.mjs';

const { values: options } = parseArgs({
  options: {
    hours: { type: 'string', default: '24' },
    seconds: { type: 'string', default: '60' },
    processes: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean' },
  },
});
const SECONDS = Number(options.seconds);
const FACTOR = (Number(options.hours) * 3_600) / SECONDS;
const LOOPS = 6;
const MEBIBYTE = 1024 * 1024;
/** Of a counter: its period, and what is rounded up. */
const { longestMs: BOUND_MS } = createPlan(FACTOR, Math.random);

const redis = await startRedis();
/** @type {import('node:child_process').ChildProcess[]} */
const processes = [];
/** @type {Set<import('node:child_process').ChildProcess>} */
const starting = new Set();
let started = 0;
let isOver = false;
/** @type {string[]} */
const problems = [];
/** @type {Record<string, { asked: number, passed: number }>} */
const kinds = {};
const seen = { scans: 0, counters: 0, most: 0, withoutExpiry: 0, tooLong: 0, locally: 0, kills: 0 };
/** A clock that was set back keeps what is stored for so much longer. */
let setBackUntilMs = 0;

/** The next message. @param {import('node:child_process').ChildProcess} child @returns {Promise<any>} */
async function answerOf(child) {
  const over = new AbortController();
  const { signal } = over;
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([message]) => message),
      once(child, 'exit', { signal }).then(([code, end]) => {
        throw new Error(`a process of the traffic ended by itself: ${code ?? end}`);
      }),
    ]);
  } finally {
    over.abort();
  }
}

async function startProcess() {
  const child = fork(join(import.meta.dirname, 'traffic.mjs'), {
    env: {
      ...process.env,
      SOAK_TRAFFIC: JSON.stringify({
        url: redis.url,
        factor: FACTOR,
        seed: Number(options.seed) + started++,
        loops: LOOPS,
      }),
    },
  });
  starting.add(child);
  await answerOf(child);
  starting.delete(child);
  if (!isOver) processes.push(child);
}

/** What all processes have counted since the last time. @param {'report' | 'stop'} order */
async function collect(order) {
  const reports = await Promise.all(
    processes.map(async (child) => {
      const answer = answerOf(child);
      child.send(order);
      return answer;
    }),
  );
  /** @type {Record<string, number>} */
  const passed = {};
  for (const report of reports) {
    for (const [kind, { asked, passed: some }] of Object.entries(report.kinds)) {
      const sum = (kinds[kind] ??= { asked: 0, passed: 0 });
      sum.asked += asked;
      sum.passed += some;
    }
    for (const [counter, units] of Object.entries(report.passed)) passed[counter] = (passed[counter] ?? 0) + units;
    seen.locally += report.locally;
  }
  return {
    passed,
    rss: Math.max(...reports.map(({ rss }) => rss)),
    counters: Math.max(...reports.map((r) => r.counters)),
  };
}

/** Looks at every counter there is. @param {string} when */
async function scan(when) {
  seen.scans++;
  const allowance = Math.max(0, setBackUntilMs - Date.now());
  // In one script: between a SCAN and a PTTL a counter may have gone.
  const lives = await redis.command(
    'EVAL',
    `local lives = {}
     for index, key in ipairs(redis.call('KEYS', 'ksl:*')) do lives[index] = redis.call('PTTL', key) end
     return lives`,
    0,
  );
  seen.counters += lives.length;
  seen.most = Math.max(seen.most, lives.length);
  const immortal = lives.filter((/** @type {number} */ ms) => ms < 0).length;
  const tooLong = lives.filter((/** @type {number} */ ms) => ms > BOUND_MS + allowance).length;
  seen.withoutExpiry += immortal;
  seen.tooLong += tooLong;
  if (immortal > 0) problems.push(`${when}: ${immortal} of ${lives.length} counters have no expiry`);
  if (tooLong > 0) problems.push(`${when}: ${tooLong} of ${lives.length} counters live longer than ${BOUND_MS} ms`);
  return lives.length;
}

async function usedMemory() {
  const info = String(await redis.command('INFO', 'memory'));
  return Number(/used_memory:(\d+)/.exec(info)?.[1]);
}

/** What a step of the server's clock does to what is stored: values are by the old clock, expiries come sooner or later. @param {number} ms */
async function stepClock(ms) {
  await redis.command(
    'EVAL',
    `for _, key in ipairs(redis.call('KEYS', 'ksl:*')) do
       local life = redis.call('PTTL', key) - ARGV[1]
       if life <= 0 then redis.call('DEL', key)
       else redis.call('SET', key, string.format('%.0f', redis.call('GET', key) - ARGV[1] * 1000), 'PX', life) end
     end`,
    0,
    ms,
  );
  if (ms < 0) setBackUntilMs = Date.now() - ms;
}

/** @type {Record<string, () => Promise<unknown>>} */
const faults = {
  'counters evicted': async () => {
    const used = await usedMemory();
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-random');
    await redis.command('CONFIG', 'SET', 'maxmemory', used - 64 * 1024);
    await sleep(100);
    await redis.command('CONFIG', 'SET', 'maxmemory', 0);
  },
  'Redis full': async () => {
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    await redis.command('CONFIG', 'SET', 'maxmemory', 1);
    await sleep(100);
    await redis.command('CONFIG', 'SET', 'maxmemory', 0);
  },
  'Redis killed': async () => {
    await redis.kill();
    await sleep(100);
    await redis.start();
  },
  'Redis restarted with an old dump': async () => {
    await redis.keepDump();
    await sleep(100);
    await redis.kill();
    await redis.putBackDump();
    await redis.start();
  },
  'Redis paused': async () => {
    redis.pause();
    await sleep(200);
    redis.resume();
  },
  'scripts lost': () => redis.command('SCRIPT', 'FLUSH'),
  'everything flushed': () => redis.command('FLUSHALL'),
  'clock ahead': () => stepClock(Math.ceil(BOUND_MS / 3)),
  'clock back': () => stepClock(-BOUND_MS),
  'a process killed in its calls': async () => {
    if (processes.length < 2) return;
    const child = /** @type {import('node:child_process').ChildProcess} */ (processes.shift());
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    seen.kills++;
    startProcess().catch((/** @type {Error} */ { message }) => isOver || problems.push(message));
  },
};

try {
  await redis.command('PING');
  const loadBefore = loadavg()[0] ?? 0;
  // The first asks before the last has started.
  const askedSinceMs = performance.now();
  await Promise.all(Array.from({ length: Number(options.processes) }, startProcess));
  const beganMs = performance.now();
  const endsMs = beganMs + SECONDS * 1_000;

  // Undisturbed: exact.
  while (performance.now() < beganMs + SECONDS * 300) {
    await sleep(Math.min(1_000, SECONDS * 100));
    await scan('undisturbed');
  }
  const memoryOfTraffic = await usedMemory();
  const quiet = await collect('report');
  const elapsedMs = performance.now() - askedSinceMs;
  // A machine that is too busy for an answer in time counts in each process alone, and says nothing about exactness.
  const locallyUndisturbed = seen.locally;
  let exhausted = 0;
  for (const [counter, units] of Object.entries(quiet.passed)) {
    const [, , , limit, periodMs] = JSON.parse(counter);
    const unitMicros = (periodMs * 1_000) / limit;
    // As the limiter rounds; see gcra.ts.
    const unit = unitMicros < 50 ? unitMicros : Math.floor(unitMicros);
    const most = limit + (elapsedMs * 1_000) / unit;
    if (units > most && locallyUndisturbed === 0)
      problems.push(`undisturbed: ${units} units of ${counter} passed where ${most.toFixed(1)} may`);
    if (units > 0.9 * most) exhausted++;
  }

  let turn = 0;
  const names = Object.keys(faults);
  /** @type {Record<string, number>} */
  const played = {};
  // Long enough for the limiter to ask Redis again, where there is the time.
  const pauseMs = Math.min(1_500, Math.max(100, (SECONDS * 700) / names.length - 300));
  while (performance.now() < endsMs || turn < names.length) {
    const name = /** @type {string} */ (names[turn++ % names.length]);
    await /** @type {() => Promise<unknown>} */ (faults[name])();
    played[name] = (played[name] ?? 0) + 1;
    await scan(name);
    await sleep(pauseMs);
    await scan(`after ${name}`);
  }
  const memoryAtTheEnd = await usedMemory();
  isOver = true;
  // Who would begin to ask only now.
  for (const child of starting) child.kill('SIGKILL');
  const last = await collect('stop');
  const leftAtTheEnd = await scan('at the end');
  await sleep(BOUND_MS + Math.max(0, setBackUntilMs - Date.now()) + 50);
  const leftAfterwards = await scan('afterwards');
  if (leftAfterwards > 0) problems.push(`${leftAfterwards} counters outlived their periods`);
  const memoryAfterwards = await usedMemory();
  if (memoryAtTheEnd > memoryOfTraffic + 2 * MEBIBYTE)
    problems.push(`Redis grew from ${memoryOfTraffic} to ${memoryAtTheEnd} bytes under the same traffic`);
  if (last.rss > quiet.rss + 64 * MEBIBYTE) problems.push(`a process grew from ${quiet.rss} to ${last.rss} bytes`);
  if (last.counters > 100_000) problems.push(`a process kept ${last.counters} counters of its own`);

  const result = {
    hours: Number(options.hours),
    factor: FACTOR,
    boundMs: BOUND_MS,
    calls: Object.values(kinds).reduce((sum, { asked }) => sum + asked, 0),
    kinds,
    faults: played,
    ...seen,
    countersUsedUndisturbed: Object.keys(quiet.passed).length,
    countersAtTheirLimit: exhausted,
    locallyUndisturbed,
    leftAtTheEnd,
    leftAfterwards,
    redisBytes: { traffic: memoryOfTraffic, end: memoryAtTheEnd, afterwards: memoryAfterwards },
    processBytes: { traffic: quiet.rss, end: last.rss },
    load: loadBefore,
    problems,
  };
  if (options.json) console.log(JSON.stringify(result));
  else {
    console.log(
      `${options.hours} hours in ${SECONDS} s (${Math.round(FACTOR)} times as fast); ${options.processes} processes; load before ${loadBefore.toFixed(2)}`,
    );
    console.table(kinds);
    console.table(played);
    const { kinds: _, faults: __, problems: ___, redisBytes, processBytes, ...numbers } = result;
    console.table(numbers);
    console.table({ 'Redis, bytes': redisBytes, 'a process, bytes': processBytes });
    console.log(problems.length === 0 ? 'No counter without an expiry; nothing left behind.' : problems.join('\n'));
  }
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  isOver = true;
  for (const child of [...processes, ...starting]) child.kill('SIGKILL');
  await redis.remove();
}
