// @ts-check
import { setTimeout as pause } from 'node:timers/promises';

/** What sessions of the database did is counted a second late. */
const COUNTED_MS = 1_200;
const MEASURED_MS = 3_000;
/** Statements of a quiet time differ from those of another by what happens to fall into it. */
const [MOST_GROWTH, MOST_MORE] = [2, 20];
/** A process that has just started holds little; what it may come to hold is bounded. */
const MOST_MEMORY_MB = 600;

/**
 * What processes do and hold while nobody asks them anything.
 *
 * @typedef {object} Rest
 * @property {number} transactionsASecond of all processes on the database
 * @property {Readonly<Record<string, number>>} memoryMb by process
 *
 * @param {import('./product-environment.mjs').ProductEnvironment} environment without traffic
 * @returns {Promise<Rest>}
 */
export async function measureRest(environment) {
  const committed = async () => {
    await pause(COUNTED_MS);
    const [row] = await environment.query(
      'SELECT xact_commit AS count FROM pg_stat_database WHERE datname = current_database()',
    );
    return Number(row.count);
  };
  const before = await committed();
  const startedMs = performance.now();
  await pause(MEASURED_MS);
  const transactionsASecond = ((await committed()) - before) / ((performance.now() - startedMs) / 1_000);
  const memory = environment.processes.map((each) => [each.name, each.memoryMb()]);
  return { transactionsASecond, memoryMb: Object.fromEntries(memory) };
}

/**
 * @param {Rest} before the first schedule
 * @param {Rest} after the last one
 * @returns {string[]} what went on after the traffic had ended, or was held
 */
export function lingering(before, after) {
  const most = before.transactionsASecond * MOST_GROWTH + MOST_MORE;
  const held = Object.entries(after.memoryMb).filter(([, megabytes]) => megabytes > MOST_MEMORY_MB);
  return [
    ...(after.transactionsASecond > most
      ? [
          `after the traffic there were ${after.transactionsASecond.toFixed(0)} transactions a second, and ${before.transactionsASecond.toFixed(0)} before it`,
        ]
      : []),
    ...held.map(([name, megabytes]) => `${name} holds ${megabytes} MB after the traffic`),
  ];
}
