// @ts-check
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { residentBytesOf } from '#test/setup/services/process-table.mjs';
import { removeAtTheEnd } from '#test/setup/services/reaper.mjs';
import { until } from '#test/setup/services/until.mjs';
import { monotonicMs } from '#test/chaos/monotonic.mjs';
import { HttpClient } from './http-client.mjs';

/** Three start at once; at a load of twenty on two cores that has taken more than a minute. */
const START_TIMEOUT_MS = 180_000;
/** Longer than anything that has a bound: what takes longer is a hang. */
const ANSWER_TIMEOUT_MS = 15_000;
const PRODUCT = fileURLToPath(new URL('../../../bin/keepsake.mjs', import.meta.url));
const NETWORK_MAP = new URL('../network-map.mjs', import.meta.url).href;
const MOVED_CLOCK = new URL('../../support/moved-clock.mjs', import.meta.url).href;

/**
 * @typedef {object} ProcessOptions
 * @property {'serve' | 'worker'} command
 * @property {number} port that it listens on
 * @property {Readonly<Record<string, string>>} env
 * @property {Readonly<Record<number, number>>} ports of servers, and of this process's own proxy to each
 * @property {readonly import('#test/chaos/fault-proxy.mjs').FaultProxy[]} cacheLinks its proxies to the servers of Redis
 * @property {import('#test/chaos/fault-proxy.mjs').FaultProxy} databaseLink its proxy to PostgreSQL
 * @property {number} clockOffsetMs how far its clock is from the true one
 * @property {string} [program] instead of the product as it is built
 */

/** One process of the built product behind proxies of its own. It can be stopped, killed and started again. */
export class ProductProcess {
  name;
  http;
  cacheLinks;
  databaseLink;
  #options;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child;
  /** @type {number | undefined} */
  #suspendedAtMs;
  /** When it was stopped by SIGSTOP. @type {{ fromMs: number, toMs: number }[]} */
  suspensions = [];
  /** When its way to the database was disturbed. @type {{ fromMs: number, toMs: number }[]} */
  databaseFaults = [];
  /** The end of what it wrote. */
  output = '';

  /**
   * @param {string} name
   * @param {ProcessOptions} options
   */
  constructor(name, options) {
    this.name = name;
    this.#options = options;
    this.cacheLinks = options.cacheLinks;
    this.databaseLink = options.databaseLink;
    this.http = new HttpClient(options.port, ANSWER_TIMEOUT_MS);
  }

  get pid() {
    return Number(this.#child?.pid);
  }

  get isSuspended() {
    return this.#suspendedAtMs !== undefined;
  }

  get isRunning() {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Whether it takes requests. */
  get isServing() {
    return this.#options.command === 'serve' && this.isRunning && !this.isSuspended;
  }

  /** Returns when it takes requests. */
  async start() {
    const { command, port, env, ports, clockOffsetMs, program = PRODUCT } = this.#options;
    const preloads = [NETWORK_MAP, MOVED_CLOCK];
    const child = spawn(process.execPath, [...preloads.flatMap((preload) => ['--import', preload]), program, command], {
      cwd: tmpdir(),
      env: {
        PATH: process.env['PATH'],
        HOST: '127.0.0.1',
        PORT: String(port),
        CHAOS_PORTS: JSON.stringify(ports),
        TEST_CLOCK_OFFSET_MS: String(clockOffsetMs),
        TEST_CLOCK_STEP_MS: '-3000',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    const cleared = removeAtTheEnd({ kind: 'process', pid: Number(child.pid), signal: 'SIGKILL' });
    child.once('exit', cleared);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (this.output = (this.output + text).slice(-6_000)));
    }
    this.http.renew();
    const isReady = async () => {
      if (!this.isRunning) return true;
      return (await this.http.send({ method: 'GET', path: '/health/ready' })).status === 200;
    };
    await until(isReady, { timeoutMs: START_TIMEOUT_MS, what: `${this.name} to be ready` });
    if (!this.isRunning) throw new Error(`${this.name} ended as it started:\n${this.output}`);
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

  /** Its clock goes back by three seconds. */
  stepClock() {
    if (this.isRunning) this.#child?.kill('SIGUSR2');
  }

  /** `kill -9`; what it was about to do is lost. */
  async kill() {
    const child = this.#child;
    if (!child || !this.isRunning) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    if (this.#suspendedAtMs !== undefined) {
      this.suspensions.push({ fromMs: this.#suspendedAtMs, toMs: monotonicMs() });
      this.#suspendedAtMs = undefined;
    }
    this.http.renew();
  }

  /** @returns {number} megabytes of memory that are its own; 0 while it does not run */
  memoryMb() {
    return Math.round((residentBytesOf(this.pid) || 0) / 1024 / 1024);
  }
}
