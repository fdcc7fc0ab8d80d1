// @ts-check
import { machinePlace } from './places/machine-place.mjs';
import { findPrometheus } from './prometheus-programs.mjs';
import { Server, startOnPort } from './server.mjs';

/**
 * @typedef {object} Sample
 * @property {Readonly<Record<string, string>>} metric its labels
 * @property {[number, string]} value
 *
 * @typedef {object} FiringAlert
 * @property {Readonly<Record<string, string>>} labels
 * @property {string} state `pending` or `firing`
 */

/** A Prometheus on 127.0.0.1 with the configuration of a test. */
export class PrometheusServer extends Server {
  get url() {
    return `http://${this.host}:${this.port}`;
  }

  /**
   * @protected
   * @override
   */
  launch() {
    const { place, folder, port } = this.site;
    const args = [
      `--config.file=${folder.inside}/prometheus.yml`,
      `--storage.tsdb.path=${folder.inside}/tsdb`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ];
    return place.start('prometheus', args, { folder, ports: [port], endSignal: 'SIGTERM' });
  }

  /** @override */
  async ping() {
    const { status } = await fetch(`${this.url}/-/ready`);
    if (status !== 200) throw new Error(`it answers ${status}`);
  }

  /**
   * Evaluates an expression now.
   *
   * @param {string} expression
   * @returns {Promise<Sample[]>} throws what Prometheus says against it
   */
  async query(expression) {
    const { result } = await this.#ask(`query?query=${encodeURIComponent(expression)}`);
    return result;
  }

  /** @returns {Promise<FiringAlert[]>} those that are pending or firing */
  async alerts() {
    const { alerts } = await this.#ask('alerts');
    return alerts;
  }

  /** @returns {Promise<{ health: string, lastError: string, scrapePool: string }[]>} of the targets it scrapes */
  async targets() {
    const { activeTargets } = await this.#ask('targets');
    return activeTargets;
  }

  /**
   * @param {string} path
   * @returns {Promise<any>}
   */
  async #ask(path) {
    const answer = /** @type {any} */ (await (await fetch(`${this.url}/api/v1/${path}`)).json());
    if (answer.status !== 'success') throw new Error(`${answer.errorType}: ${answer.error}`);
    return answer.data;
  }
}

/**
 * @param {Readonly<Record<string, string>>} files of its folder by their names; `prometheus.yml` is its configuration
 * @returns {Promise<PrometheusServer>} serving
 */
export async function startPrometheus(files) {
  const { prometheus } = await findPrometheus();
  const place = machinePlace({ prometheus }, undefined);
  return startOnPort(undefined, async (port) => {
    const folder = await place.createFolder();
    for (const [name, content] of Object.entries(files)) await folder.writeFile(name, content);
    return new PrometheusServer({ place, folder, port });
  });
}
