// @ts-check
import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * @typedef {object} Pace
 * @property {number} perSecond
 * @property {number} perCpuSecond of this process: hardly moved by what else the machine does
 */

/**
 * Has callers repeat a step, each one after the other, until the time is over.
 *
 * @param {number} callers
 * @param {number} ms
 * @param {() => Promise<unknown>} step
 * @param {number} [worth] operations in one step
 * @returns {Promise<Pace>}
 */
export async function paceOf(callers, ms, step, worth = 1) {
  const stopwatch = new Stopwatch(ms);
  let steps = 0;
  const caller = async () => {
    do {
      await step();
      steps++;
    } while (!stopwatch.isOver);
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return stopwatch.paceOf(steps * worth);
}

/** Asking for the time costs as much as a step does, and a step never leaves the queue of promises: other work would starve. */
const TIGHT_STEPS = 4_096;

/**
 * The same for one caller and steps that take less than a microsecond.
 *
 * @param {number} ms
 * @param {() => Promise<unknown>} step
 * @returns {Promise<Pace>}
 */
export async function tightPaceOf(ms, step) {
  const stopwatch = new Stopwatch(ms);
  let steps = 0;
  do {
    for (let i = 0; i < TIGHT_STEPS; i++) await step();
    steps += TIGHT_STEPS;
    await nextTurn();
  } while (!stopwatch.isOver);
  return stopwatch.paceOf(steps);
}

class Stopwatch {
  #startMs = performance.now();
  #startCpu = process.cpuUsage();
  #endMs;

  /** @param {number} ms */
  constructor(ms) {
    this.#endMs = this.#startMs + ms;
  }

  get isOver() {
    return performance.now() >= this.#endMs;
  }

  /** @param {number} operations */
  paceOf(operations) {
    const seconds = (performance.now() - this.#startMs) / 1_000;
    const { user, system } = process.cpuUsage(this.#startCpu);
    return { perSecond: operations / seconds, perCpuSecond: operations / ((user + system) / 1_000_000) };
  }
}
