// @ts-check
/**
 * One cache in a process of its own, which measures itself when asked to over IPC: see `subject-host.mjs`. So none is
 * compiled, collected or timed together with another.
 *
 * @typedef {{ id: number, do: 'measures' } | { id: number, do: 'measure', measure: string, ms: number, token: string, startAtMs: number }} Order
 */
import { Redis } from 'ioredis';
import { MEASURES } from './measures/measure.mjs';
import { Source } from './source.mjs';
import { ENTRANTS } from './subjects/subject.mjs';

const [name = '', run = ''] = process.argv.slice(2);
const redisUrl = String(process.env['BENCH_REDIS_URL']);
const entrant = ENTRANTS[name];
if (entrant === undefined) throw new Error(`${name} is no entrant`);
const source = new Source();
const start = await entrant.load();
const subject = await start({ redisUrl, run, source });
const redis = new Redis(redisUrl);

/** Commands that look after connections, and our own question. */
const MAINTENANCE = /^cmdstat_(info|ping|hello|client|role|config|scan|select|auth|command)\b/;

async function commandsRun() {
  const lines = (await redis.info('commandstats')).split('\n').filter((line) => !MAINTENANCE.test(line));
  return lines.reduce((sum, line) => sum + Number(/:calls=(\d+)/.exec(line)?.[1] ?? 0), 0);
}

/** @param {() => Promise<unknown>} work */
async function commandsOf(work) {
  const before = await commandsRun();
  await work();
  return (await commandsRun()) - before;
}

/** @param {string} id */
async function bytesOf(id) {
  let longest = 0;
  for await (const keys of redis.scanStream({ match: `*${id}*`, type: 'string', count: 10_000 })) {
    for (const key of keys) longest = Math.max(longest, await redis.strlen(key));
  }
  return longest;
}

/** @type {Map<string, Promise<unknown>>} */
const done = new Map();

/**
 * @param {string} what
 * @param {() => Promise<unknown>} work
 */
async function once(what, work) {
  let doing = done.get(what);
  if (doing === undefined) done.set(what, (doing = work()));
  await doing;
}

/** @param {Order} order */
async function obey(order) {
  if (order.do === 'measures') return Object.keys(MEASURES).filter((measure) => MEASURES[measure]?.suits(subject));
  const { measure, ms, token, startAtMs } = order;
  return MEASURES[measure]?.run({ subject, source, ms, token, startAtMs, once, commandsOf, bytesOf });
}

process.on('message', (/** @type {Order} */ order) => {
  obey(order).then(
    (answer) => process.send?.({ id: order.id, answer }),
    (error) => process.send?.({ id: order.id, error: error instanceof Error ? error.message : String(error) }),
  );
});
process.on('disconnect', () => {
  // Orderly, so that a profile is written; but not for ever.
  setTimeout(() => process.exit(), 2_000).unref();
  void subject.stop().finally(() => process.exit());
});

process.send?.({ id: 0 });
