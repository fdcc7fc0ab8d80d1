// @ts-check
import fc from 'fast-check';
import { runSchedule } from './run-schedule.mjs';
import { schedules } from './schedule.mjs';
import { buildEnvironment } from './environment.mjs';

/** A race that was lost once may be won the next time: a smaller schedule passes only when it passes this often. */
const TRIES_WHEN_SHRINKING = 3;

/**
 * @typedef {object} ChaosOptions
 * @property {string} subject
 * @property {string} topology
 * @property {number} schedules how many
 * @property {number} seed
 * @property {string} [path] of one schedule that failed, as its report names it: plays that one alone
 * @property {import('./oracle.mjs').Violation['kind']} [seek] what alone makes a schedule fail; everything by default
 * @property {number} [forMs] ends the run after that long, however many were played
 * @property {boolean} [keepGoing] plays all, counting those that fail, and shrinks none
 * @property {number} [shrinkForMs] how long a failing schedule is made smaller
 * @property {(line: string) => void} [report]
 *
 * @typedef {object} Totals
 * @property {number} schedules
 * @property {number} failedSchedules
 * @property {number} reads
 * @property {number} writes
 * @property {number} unconfirmedWrites
 * @property {number} faults
 * @property {number} withinException
 * @property {number} longestReadMs
 * @property {number} longestWriteMs
 * @property {Partial<Record<import('./oracle.mjs').Violation['kind'], number>>} violations
 *
 * @typedef {object} Failure
 * @property {number} seed
 * @property {string | null} path
 * @property {number} shrinks
 * @property {readonly import('./schedule.mjs').Step[]} steps the smallest schedule that fails
 * @property {readonly string[]} violations that it showed
 *
 * @typedef {object} ChaosResult
 * @property {string} subject
 * @property {string} topology
 * @property {number} seed
 * @property {number} durationMs
 * @property {Totals} totals of all that was played, shrinking left out
 * @property {Failure} [failure]
 */

/** A schedule showed what must not be. */
class ScheduleError extends Error {
  /** @type {readonly import('./oracle.mjs').Violation[]} */
  violations;

  /** @param {readonly import('./oracle.mjs').Violation[]} violations */
  constructor(violations) {
    super(violations.map(({ kind, text }) => `${kind}: ${text}`).join('\n'));
    this.violations = violations;
  }
}

/**
 * @param {ChaosOptions} options
 * @returns {Promise<ChaosResult>}
 */
export async function runChaos(options) {
  const { subject, topology, seed, path } = options;
  const environment = await buildEnvironment({ subject, topology });
  const startedMs = performance.now();
  const series = new Series(environment, options);
  try {
    const arbitrary = schedules(Object.keys(environment.topology.faults), sizesFor(topology));
    const found = await fc.check(
      fc.asyncProperty(arbitrary, (steps) => series.runNext(steps)),
      {
        numRuns: path === undefined ? options.schedules : 1,
        seed,
        path,
        endOnFailure: true,
        interruptAfterTimeLimit: options.forMs,
        markInterruptAsFailure: false,
      },
    );
    const durationMs = performance.now() - startedMs;
    const result = { subject, topology, seed, durationMs, totals: series.totals };
    if (!found.failed) return result;
    if (path !== undefined || found.counterexamplePath === null) return { ...result, failure: failureOf(found) };
    const shrunk = await fc.check(
      fc.asyncProperty(arbitrary, (steps) => series.runAgain(steps)),
      {
        seed,
        path: found.counterexamplePath,
        numRuns: 1,
        interruptAfterTimeLimit: options.shrinkForMs ?? 60_000,
        markInterruptAsFailure: false,
      },
    );
    return { ...result, failure: failureOf(shrunk.failed && shrunk.counterexample ? shrunk : found) };
  } finally {
    await series.ended;
    await environment.remove();
  }
}

/** Plays one schedule after the other on a stage and adds up what they show. */
class Series {
  totals = noTotals();
  /** Of the schedule that is being played. @type {Promise<unknown>} */
  ended = Promise.resolve();
  #environment;
  #options;
  #schedulesRun = 0;
  /** What the first failing schedule showed; the smaller ones must show one of these too. @type {Set<string>} */
  #kinds = new Set();

  /**
   * @param {import('./environment.mjs').Environment} environment
   * @param {ChaosOptions} options
   */
  constructor(environment, options) {
    this.#environment = environment;
    this.#options = options;
  }

  /** @param {readonly import('./schedule.mjs').Step[]} steps */
  async runNext(steps) {
    const { keepGoing = false, seek, report = () => undefined } = this.#options;
    const result = await this.#runSchedule(steps);
    add(this.totals, result);
    if (this.totals.schedules % 100 === 0) report(`${this.totals.schedules} schedules …`);
    const violations = result.violations.filter(({ kind }) => seek === undefined || kind === seek);
    const [first] = violations;
    if (!first) return;
    if (keepGoing) {
      report(`schedule ${this.totals.schedules}: ${first.kind}: ${first.text}`);
      return;
    }
    this.#kinds = new Set(violations.map(({ kind }) => kind));
    throw new ScheduleError(result.violations);
  }

  /** @param {readonly import('./schedule.mjs').Step[]} steps */
  async runAgain(steps) {
    for (let attempt = 0; attempt < TRIES_WHEN_SHRINKING; attempt++) {
      const { violations } = await this.#runSchedule(steps);
      if (violations.some(({ kind }) => this.#kinds.has(kind))) throw new ScheduleError(violations);
    }
  }

  /** @param {readonly import('./schedule.mjs').Step[]} steps */
  async #runSchedule(steps) {
    // An interrupted search goes on without the schedule that it started last: the next waits for its end.
    await this.ended;
    const running = runSchedule(this.#environment, `s${++this.#schedulesRun}`, steps);
    this.ended = running.catch(() => undefined);
    return running;
  }
}

/** @param {string} topology */
function sizesFor(topology) {
  // A failover takes seconds: in every other schedule one, not in each several.
  return topology === 'single' ? {} : { serverFaultWeight: 2 };
}

/**
 * @param {fc.RunDetails<[import('./schedule.mjs').Step[]]>} details
 * @returns {Failure}
 */
function failureOf({ seed, counterexamplePath, counterexample, numShrinks, errorInstance }) {
  const violations =
    errorInstance instanceof ScheduleError ? errorInstance.message.split('\n') : [String(errorInstance)];
  return { seed, path: counterexamplePath, shrinks: numShrinks, steps: counterexample?.[0] ?? [], violations };
}

/** @returns {Totals} */
function noTotals() {
  return {
    schedules: 0,
    failedSchedules: 0,
    reads: 0,
    writes: 0,
    unconfirmedWrites: 0,
    faults: 0,
    withinException: 0,
    longestReadMs: 0,
    longestWriteMs: 0,
    violations: {},
  };
}

/**
 * @param {Totals} totals
 * @param {import('./run-schedule.mjs').ScheduleResult} played
 */
function add(totals, played) {
  totals.schedules++;
  if (played.violations.length > 0) totals.failedSchedules++;
  for (const name of /** @type {const} */ (['reads', 'writes', 'unconfirmedWrites', 'faults', 'withinException'])) {
    totals[name] += played[name];
  }
  totals.longestReadMs = Math.max(totals.longestReadMs, played.longestReadMs);
  totals.longestWriteMs = Math.max(totals.longestWriteMs, played.longestWriteMs);
  for (const { kind } of played.violations) totals.violations[kind] = (totals.violations[kind] ?? 0) + 1;
}
