// @ts-check
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const PROGRAM = join(import.meta.dirname, 'subject-process.mjs');

/** A subject's process, from outside. Whoever starts one ends it. */
export class SubjectHost {
  /** @type {import('node:child_process').ChildProcess} */
  #child;
  /** @type {Map<number, { resolve: (answer: any) => void, reject: (error: Error) => void }>} */
  #waiting = new Map();
  #lastId = 0;
  /** @type {readonly string[]} */
  measures = [];

  /** @param {import('node:child_process').ChildProcess} child */
  constructor(child) {
    this.#child = child;
    child.on('message', (/** @type {{ id: number, answer?: unknown, error?: string }} */ { id, answer, error }) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(answer);
      else waiting?.reject(new Error(error));
    });
    child.once('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('its process has ended'));
    });
  }

  /**
   * @param {string} entrant
   * @param {{ redisUrl: string, run: string, profileFolder?: string }} options `profileFolder`: where the process
   *   leaves a CPU profile when it ends
   * @returns {Promise<SubjectHost>}
   */
  static async start(entrant, { redisUrl, run, profileFolder }) {
    const execArgv =
      profileFolder === undefined
        ? []
        : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`, `--cpu-prof-name=${entrant}-${Date.now()}.cpuprofile`];
    const child = fork(PROGRAM, [entrant, run], {
      execArgv,
      env: { ...process.env, BENCH_REDIS_URL: redisUrl },
      stdio: ['ignore', 2, 'pipe', 'ipc'],
    });
    let said = '';
    child.stderr?.on('data', (/** @type {Buffer} */ text) => (said += String(text)));
    const ended = once(child, 'exit').then(() => {
      const reason = said.split('\n').find((line) => line.includes('Error')) ?? 'it said nothing';
      throw new Error(`its process ended as it started: ${reason.trim()}`);
    });
    await Promise.race([once(child, 'message'), ended]);
    ended.catch(() => undefined);
    const host = new SubjectHost(child);
    host.measures = await host.#send({ do: 'measures' });
    return host;
  }

  /**
   * @param {string} measure
   * @param {{ ms: number, token: string, startAtMs: number }} options
   * @returns {Promise<import('./measures/measure.mjs').Figures>}
   */
  measure(measure, options) {
    return this.#send({ do: 'measure', measure, ...options });
  }

  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.disconnect();
    await ended;
  }

  /**
   * @param {object} order
   * @returns {Promise<any>}
   */
  #send(order) {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, ...order });
    });
  }
}
