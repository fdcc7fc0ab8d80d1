// @ts-check
/** One process of the soak: asks the product's limiter without a pause, and reports what passed. */
import { setImmediate as turn } from 'node:timers/promises';
import { mulberry32 } from '#test/support/random.mjs';
import { counterOf, createPlan } from './plan.mjs';

const dist = new URL('../../../dist/libs/', import.meta.url);
const load = async (/** @type {string} */ path) => import(new URL(path, dist).href);
const { loadConfig } = await load('config/src/load-config.js');
const { createLimiterClient } = await load('throttle/src/limiter/limiter-client.js');
const { FallbackLimiter } = await load('throttle/src/limiter/fallback-limiter.js');
const { LocalLimiter } = await load('throttle/src/limiter/local-limiter.js');
const { RedisLimiter } = await load('throttle/src/limiter/redis-limiter.js');
const { Logger } = await import('@nestjs/common');
// That Redis is away is what the soak is about.
Logger.overrideLogger(false);

const { url, factor, seed, loops } = JSON.parse(String(process.env['SOAK_TRAFFIC']));
const { cache } = loadConfig({ REDIS_URL: url, REDIS_SOCKET_TIMEOUT: '3000' });
const client = createLimiterClient(url, cache);
const local = new LocalLimiter();
const limiter = new FallbackLimiter(new RedisLimiter(client), local);
const plan = createPlan(factor, mulberry32(seed));

/** @type {Record<string, { asked: number, passed: number }>} */
let kinds = {};
/** Units that passed, by counter. @type {Record<string, number>} */
let passed = {};
let locally = 0;
const over = new AbortController();

async function loop() {
  while (!over.signal.aborted) {
    // Counting here waits for nothing, and would let nothing else happen.
    if (limiter.isLocal) await turn();
    const { kind, subject, charges } = plan.next();
    const { allowed } = await limiter.consume(subject, charges);
    const counts = (kinds[kind] ??= { asked: 0, passed: 0 });
    counts.asked++;
    if (limiter.isLocal) locally++;
    if (!allowed) continue;
    counts.passed++;
    for (const { limit, units } of charges) {
      const counter = counterOf(subject, limit);
      passed[counter] = (passed[counter] ?? 0) + Math.min(units, limit.limit);
    }
  }
}

async function end() {
  await Promise.all(running);
  client.disconnect();
  report();
}

/** What was counted since the last report. */
function report() {
  process.send?.({ kinds, passed, locally, rss: process.memoryUsage().rss, counters: local.size });
  [kinds, passed, locally] = [{}, {}, 0];
}

await client.connected();
const running = Array.from({ length: loops }, loop);
process.on('message', (order) => {
  if (order === 'report') report();
  else {
    over.abort();
    void end();
  }
});
process.once('disconnect', () => process.exit());
process.send?.('started');
