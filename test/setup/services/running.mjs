// @ts-check
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { descendantsOf, isAlive, sendSignal } from './process-table.mjs';
import { removeAtTheEnd } from './reaper.mjs';
import { until } from './until.mjs';

/** How long a program that was asked to end may take before it is killed. */
const GRACE_MS = 10_000;

/**
 * @typedef {object} Controls how signals reach the program, where it is not simply our child
 * @property {(signal: NodeJS.Signals) => void} send
 * @property {import('./reaper.mjs').Leftover} leftover
 */

/**
 * A program that runs until it is asked to end. Its output goes to a file, not through a pipe: it goes on undisturbed
 * while this process is busy, and does not keep this process alive.
 */
export class Running {
  /** @type {import('node:child_process').ChildProcess} */
  #child;
  /** @type {string} */
  #logFile;
  /** @type {Controls | undefined} */
  #controls;
  /** @type {Promise<unknown>} */
  #ended;

  /**
   * @param {string} command
   * @param {readonly string[]} args
   * @param {import('node:child_process').SpawnOptions & { logFile: string, endSignal: NodeJS.Signals,
   *   controls?: Controls }} options `endSignal` asks the program to end at once and in good order
   */
  constructor(command, args, { logFile, endSignal, controls, ...options }) {
    const log = openSync(logFile, 'a');
    // Its own session: a terminal's Ctrl-C ends the tests, and they (or the reaper) end the program.
    this.#child = spawn(command, [...args], { ...options, detached: true, stdio: ['ignore', log, log] });
    closeSync(log);
    this.#logFile = logFile;
    this.#controls = controls;
    this.#ended = this.#child.pid === undefined ? Promise.resolve() : once(this.#child, 'exit');
    this.#child.on('error', () => undefined);
    this.#child.unref();
    if (this.#child.pid !== undefined) {
      const cleared = removeAtTheEnd(
        controls?.leftover ?? { kind: 'process', pid: this.#child.pid, signal: endSignal },
      );
      this.#child.once('exit', cleared);
    }
  }

  /** @returns {number} of the process on this machine; for a container, of the client that waits for it */
  get pid() {
    return this.#child.pid ?? -1;
  }

  get hasEnded() {
    return this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** The end of what the program said, for messages. */
  get lastOutput() {
    return readFileSync(this.#logFile, 'utf8').slice(-4_000).trim();
  }

  /** @param {NodeJS.Signals} signal */
  send(signal) {
    if (this.hasEnded) return;
    if (this.#controls) this.#controls.send(signal);
    else sendSignal(this.pid, signal);
  }

  /**
   * Asks the program to end and waits; kills it when it does not. Safe to call when it has ended.
   *
   * @param {NodeJS.Signals} signal
   */
  async end(signal) {
    this.send('SIGCONT');
    this.send(signal);
    const late = setTimeout(() => void this.kill(), GRACE_MS);
    await this.#end();
    clearTimeout(late);
  }

  /** `kill -9`, the processes below it included, as when the machine loses its power. Returns when all are gone. */
  async kill() {
    const below = this.#controls || this.hasEnded ? [] : descendantsOf(this.pid);
    this.send('SIGKILL');
    for (const pid of below) sendSignal(pid, 'SIGKILL');
    await this.#end();
    await until(() => !below.some(isAlive), { what: 'killed processes to go' });
  }

  /** While somebody waits for the end of the program, this process does not end before it. */
  async #end() {
    this.#child.ref();
    await this.#ended;
  }
}
