// @ts-check
import { freePort } from './free-port.mjs';
import { until } from './until.mjs';

const START_TIMEOUT_MS = 60_000;

/** Another process may take a free port between its choice and the start. */
const PORT_ATTEMPTS = 3;

/**
 * @typedef {object} Site where a server runs
 * @property {import('./places/place.mjs').Place} place
 * @property {import('./places/place.mjs').Folder} folder
 * @property {number} port
 * @property {import('./places/place.mjs').Network} [network]
 */

/**
 * A server of the tests' own, which can be stopped, killed, paused and started again on the same port and data.
 * Calls that change one server must not overlap.
 */
export class Server {
  /** @type {Site} */
  site;
  host = '127.0.0.1';
  /** @type {import('./running.mjs').Running | undefined} */
  #running;

  /** @param {Site} site */
  constructor(site) {
    this.site = site;
  }

  /** @returns {number} */
  get port() {
    return this.site.port;
  }

  /** @returns {number | undefined} undefined while it does not run */
  get pid() {
    return this.#running?.hasEnded === false ? this.#running.pid : undefined;
  }

  /**
   * @abstract
   * @protected
   * @returns {import('./running.mjs').Running}
   */
  launch() {
    throw new Error(`${this.constructor.name} does not say how it is launched`);
  }

  /**
   * Rejects while the server does not serve yet.
   *
   * @abstract
   * @returns {Promise<unknown>}
   */
  async ping() {
    throw new Error(`${this.constructor.name} does not say how it is asked`);
  }

  /**
   * The signal for an orderly stop.
   *
   * @protected
   * @returns {NodeJS.Signals}
   */
  get stopSignal() {
    return 'SIGTERM';
  }

  /** Returns when it serves. Throws, with the end of its output, when it ends instead. */
  async start() {
    if (this.pid !== undefined) throw new Error(`the server on port ${this.port} runs already`);
    const running = this.launch();
    this.#running = running;
    try {
      await until(() => running.hasEnded || this.ping().then(() => true), {
        timeoutMs: START_TIMEOUT_MS,
        what: `the server on port ${this.port}`,
      });
    } catch (error) {
      await running.kill();
      throw new Error(`a server did not start:\n${running.lastOutput}`, { cause: error });
    }
    if (running.hasEnded) throw new Error(`a server ended as it started:\n${running.lastOutput}`);
  }

  /** In good order: it may write what it has in memory. */
  async stop() {
    await this.#running?.end(this.stopSignal);
  }

  /** `kill -9`, with all its processes. */
  async kill() {
    await this.#running?.kill();
  }

  async restart() {
    await this.stop();
    await this.start();
  }

  /** It stays connected and answers nothing until `resume`. */
  pause() {
    this.#running?.send('SIGSTOP');
  }

  resume() {
    this.#running?.send('SIGCONT');
  }

  /** Ends it at once and removes its data. */
  async remove() {
    await this.kill();
    await this.site.folder.remove();
  }
}

/**
 * Starts a server on the wished port, or on free ports until one is not taken meanwhile.
 *
 * @template {Server} T
 * @param {number | undefined} wishedPort
 * @param {(port: number) => Promise<T>} create not started yet
 * @returns {Promise<T>}
 */
export async function startOnPort(wishedPort, create) {
  for (let attempt = 1; ; attempt++) {
    const server = await create(wishedPort ?? (await freePort()));
    try {
      await server.start();
      return server;
    } catch (error) {
      await server.remove();
      const taken = /address already in use/i.test(String(error));
      if (wishedPort !== undefined || !taken || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}
