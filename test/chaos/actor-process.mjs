// @ts-check
/** The process of one actor: a subject that reads and writes as the schedule asks over IPC. */
import { withPause } from './pause-points.mjs';
import { monotonicMs } from './monotonic.mjs';
import { SUBJECTS } from './subjects/subject.mjs';

/**
 * @typedef {{ id: number, do: 'read' | 'readMany' | 'write' | 'clear' | 'problem' | 'isSettled' | 'stop',
 *   keys?: string[], pauseAt?: import('./pause-points.mjs').PausePoint } | { id: number, do: 'release' }} Order
 *
 * @typedef {{ id: number, event: 'held', atMs: number }
 *   | { id: number, event: 'done', startedMs: number, endedMs: number, answer?: any, error?: string }
 *   | { event: 'started' }} Report
 */

const { subject: name, ...config } = JSON.parse(String(process.env['CHAOS_ACTOR']));
const load = SUBJECTS[name];
if (!load) throw new Error(`there is no subject ${name}`);
const subject = await (await load()).start(config);

/** @type {Map<number, () => void>} */
const held = new Map();
/** Operations that are not to be held any more, even where they have not reached their point yet. @type {Set<number>} */
const released = new Set();

process.on('message', (/** @type {Order} */ order) => {
  if (order.do === 'release') release(order.id);
  else void perform(order);
});
process.once('disconnect', () => process.exit());
report({ event: 'started' });

/** @param {Exclude<Order, { do: 'release' }>} order */
async function perform(order) {
  const { id, pauseAt: point } = order;
  const pauseAt = point && { point, pauseAt: () => wait(id) };
  const startedMs = monotonicMs();
  try {
    const answer = await withPause(pauseAt, () => answerTo(order));
    report({ id, event: 'done', startedMs, endedMs: monotonicMs(), answer });
  } catch (error) {
    report({ id, event: 'done', startedMs, endedMs: monotonicMs(), error: String(error) });
  }
}

/** @param {Exclude<Order, { do: 'release' }>} order */
async function answerTo({ do: what, keys = [] }) {
  switch (what) {
    case 'read':
      return [await subject.read(/** @type {string} */ (keys[0]))];
    case 'readMany':
      return subject.readMany(keys);
    case 'write':
      return subject.write(keys);
    case 'clear':
      return subject.clear?.();
    case 'problem':
      return subject.problem();
    case 'isSettled':
      return subject.isSettled();
    case 'stop':
      await subject.stop();
      return undefined;
  }
}

/** @param {number} id */
async function wait(id) {
  if (released.has(id)) return;
  report({ id, event: 'held', atMs: monotonicMs() });
  await new Promise((resolve) => held.set(id, () => resolve(undefined)));
  held.delete(id);
}

/** @param {number} id */
function release(id) {
  released.add(id);
  held.get(id)?.();
}

/** @param {Report} message */
function report(message) {
  process.send?.(message);
}
