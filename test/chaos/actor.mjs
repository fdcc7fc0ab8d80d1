// @ts-check
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { removeAtTheEnd } from '#test/setup/services/reaper.mjs';
import { monotonicMs } from './monotonic.mjs';

const PROGRAM = fileURLToPath(new URL('./actor-process.mjs', import.meta.url));
const NETWORK_MAP = new URL('./network-map.mjs', import.meta.url).href;
const START_TIMEOUT_MS = 60_000;
const ANSWER_TIMEOUT_MS = 2_000;

/**
 * What became of something an actor was asked to do.
 *
 * @typedef {object} Outcome
 * @property {number} startedMs on the monotonic clock, in the actor's process
 * @property {number} endedMs
 * @property {number} heldMs of that time, by the schedule
 * @property {any} [answer]
 * @property {string} [error]
 *
 * @typedef {object} Task
 * @property {Promise<Outcome | 'died'>} ended
 * @property {Promise<'held'>} held never settles where the operation does not reach its point
 * @property {() => void} release
 */

/** A process of the schedule's, which can be stopped, killed and replaced by a new one. */
export class Actor {
  name;
  #environment;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child;
  /** @type {Map<number, { onHeld: (atMs: number) => void, onEnd: (outcome: Outcome | 'died') => void }>} */
  #tasks = new Map();
  #lastId = 0;
  /** @type {number | undefined} */
  #suspendedAtMs;
  /** When it was stopped by SIGSTOP: no fault of the subject's. @type {{ fromMs: number, toMs: number }[]} */
  suspensions = [];
  /** The end of what it wrote to its standard error. */
  errorOutput = '';

  /**
   * @param {string} name
   * @param {{ subject: string, redisUrl: string, databaseUrl: string, topology: string,
   *   ports: Readonly<Record<number, number>> }} options
   */
  constructor(name, { ports, ...actor }) {
    this.name = name;
    this.#environment = { CHAOS_ACTOR: JSON.stringify(actor), CHAOS_PORTS: JSON.stringify(ports) };
  }

  get pid() {
    return this.#child?.pid;
  }

  async start() {
    const child = fork(PROGRAM, {
      execArgv: ['--import', NETWORK_MAP],
      env: { PATH: process.env['PATH'], ...this.#environment },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child = child;
    const cleared = removeAtTheEnd({ kind: 'process', pid: Number(child.pid), signal: 'SIGKILL' });
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      this.errorOutput = (this.errorOutput + text).slice(-4_000);
    });
    child.on('message', (message) => this.#hear(/** @type {import('./actor-process.mjs').Report} */ (message)));
    child.once('exit', () => {
      cleared();
      if (this.#child !== child) return;
      for (const { onEnd } of this.#tasks.values()) onEnd('died');
      this.#tasks.clear();
    });
    const started = once(child, 'message', { signal: AbortSignal.timeout(START_TIMEOUT_MS) });
    const died = once(child, 'exit').then(() => {
      throw new Error(`an actor ended as it started:\n${this.errorOutput}`);
    });
    await Promise.race([started, died]);
    died.catch(() => undefined);
  }

  /**
   * @param {Exclude<import('./actor-process.mjs').Order['do'], 'release'>} what
   * @param {{ keys?: string[], pauseAt?: import('./pause-points.mjs').PausePoint }} [details]
   * @returns {Task}
   */
  perform(what, details = {}) {
    const id = ++this.#lastId;
    /** @type {number | undefined} */
    let heldAtMs;
    let heldMs = 0;
    /** @type {(value: 'held') => void} */
    let reportHeld;
    /** @type {Promise<'held'>} */
    const held = new Promise((resolve) => (reportHeld = resolve));
    const release = () => {
      if (heldAtMs !== undefined) heldMs += monotonicMs() - heldAtMs;
      heldAtMs = undefined;
      this.#send({ id, do: 'release' });
    };
    const ended = new Promise((/** @type {(outcome: Outcome | 'died') => void} */ resolve) => {
      this.#tasks.set(id, {
        onHeld(atMs) {
          heldAtMs = atMs;
          reportHeld('held');
        },
        onEnd: (outcome) => resolve(outcome === 'died' ? 'died' : { ...outcome, heldMs }),
      });
    });
    if (!this.#send({ id, do: what, ...details })) this.#tasks.get(id)?.onEnd('died');
    return { ended, held, release };
  }

  /**
   * @returns {Promise<string | undefined>} why the shared tier is not in use
   */
  async problem() {
    const outcome = await inTime(this.perform('problem').ended, ANSWER_TIMEOUT_MS);
    if (outcome === 'died') return `it has ended by itself:\n${this.errorOutput}`;
    return outcome === 'late' ? outcome : (outcome.error ?? outcome.answer);
  }

  /** @returns {Promise<boolean>} whether nothing is left to be invalidated */
  async isSettled() {
    const outcome = await inTime(this.perform('isSettled').ended, ANSWER_TIMEOUT_MS);
    return typeof outcome === 'object' && outcome.answer === true;
  }

  suspend() {
    this.#suspendedAtMs ??= monotonicMs();
    this.#child?.kill('SIGSTOP');
  }

  wake() {
    this.#child?.kill('SIGCONT');
    if (this.#suspendedAtMs === undefined) return;
    this.suspensions.push({ fromMs: this.#suspendedAtMs, toMs: monotonicMs() });
    this.#suspendedAtMs = undefined;
  }

  /** `kill -9`; what it was about to do is lost. */
  async kill() {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    this.#suspendedAtMs = undefined;
  }

  /** @param {import('./actor-process.mjs').Report} report */
  #hear(report) {
    if (report.event === 'started') return;
    const task = this.#tasks.get(report.id);
    if (report.event === 'held') {
      task?.onHeld(report.atMs);
      return;
    }
    this.#tasks.delete(report.id);
    task?.onEnd({ ...report, heldMs: 0 });
  }

  /** @param {import('./actor-process.mjs').Order} order */
  #send(order) {
    if (!this.#child?.connected) return false;
    this.#child.send(order, () => undefined);
    return true;
  }
}

/**
 * @template T
 * @param {Promise<T>} promise
 * @param {number} timeoutMs
 * @returns {Promise<T | 'late'>}
 */
export async function inTime(promise, timeoutMs) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((/** @type {(value: 'late') => void} */ resolve) => {
    timer = setTimeout(() => resolve('late'), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
