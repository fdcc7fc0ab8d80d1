// @ts-check
import { loadavg } from 'node:os';
import { MEASURES } from './measures/measure.mjs';
import { SubjectHost } from './subject-host.mjs';
import { ENTRANTS } from './subjects/subject.mjs';

/** Until the last of several processes has its order. */
const HEAD_START_MS = 250;
/** Of a round's time, for the round before the first: what it finds is not kept. */
const WARM_UP_SHARE = 0.25;

/**
 * @typedef {import('./measures/measure.mjs').Figures} Figures
 *
 * @typedef {object} SeriesOptions
 * @property {string} redisUrl
 * @property {string} run
 * @property {number} rounds
 * @property {number} seconds of what is repeated until the time is over
 * @property {readonly string[]} entrants
 * @property {readonly string[]} measures
 * @property {string} [profileFolder]
 * @property {(pattern: string) => Promise<void>} removeKeys
 * @property {(line: string) => void} report
 *
 * @typedef {object} Failure
 * @property {string} entrant
 * @property {string} [measure] absent: it did not even start
 * @property {string} reason
 */

/** All entrants on all measures, round by round, each round beginning with another of them. */
export class Series {
  /** @type {Map<string, Map<string, (Figures | undefined)[]>>} by measure and entrant, one for each round */
  results = new Map();
  /** @type {Failure[]} */
  failures = [];
  /** @type {number[]} the machine's, at the beginning of each round */
  loads = [];
  #options;
  /** @type {Map<string, SubjectHost>} */
  #hosts = new Map();

  /** @param {SeriesOptions} options */
  constructor(options) {
    this.#options = options;
  }

  async measureAll() {
    const { rounds, seconds, measures, run, removeKeys, report } = this.#options;
    const inRounds = measures.filter((measure) => MEASURES[measure]?.isOnce !== true);
    const onlyOnce = measures.filter((measure) => MEASURES[measure]?.isOnce === true);
    try {
      await this.#startHosts();
      for (let round = 0; round <= rounds; round++) {
        const load = loadavg()[0] ?? 0;
        if (round > 0) this.loads.push(load);
        report(`${round === 0 ? 'warming up' : `round ${round} of ${rounds}`}, load ${load.toFixed(2)}`);
        const ms = 1_000 * seconds * (round === 0 ? WARM_UP_SHARE : 1);
        for (const measure of inRounds) await this.#measureAll(measure, round, ms);
        await removeKeys(`*${run}-r*`);
      }
      for (const measure of onlyOnce) {
        report(MEASURES[measure]?.title ?? measure);
        await this.#measureAll(measure, 1, 1_000 * seconds);
      }
    } finally {
      await Promise.all([...this.#hosts.values()].map((host) => host.stop()));
    }
  }

  async #startHosts() {
    for (const entrant of this.#options.entrants) {
      try {
        this.#hosts.set(entrant, await SubjectHost.start(entrant, this.#options));
      } catch (error) {
        this.#fail(entrant, undefined, error);
      }
    }
  }

  /**
   * @param {string} measure
   * @param {number} round
   * @param {number} ms
   */
  async #measureAll(measure, round, ms) {
    const names = [...this.#hosts.keys()].filter((entrant) => this.#hosts.get(entrant)?.measures.includes(measure));
    const first = names.length === 0 ? 0 : round % names.length;
    for (const entrant of [...names.slice(first), ...names.slice(0, first)]) {
      const token = `${this.#options.run}-r${round}-${measure}-${entrant}`;
      try {
        const figures = await this.#figuresOf(entrant, measure, { ms, token });
        if (round > 0) this.#keep(measure, entrant, round, figures);
      } catch (error) {
        this.#fail(entrant, measure, error);
      }
    }
  }

  /**
   * @param {string} entrant
   * @param {string} measure
   * @param {{ ms: number, token: string }} order
   * @returns {Promise<Figures>}
   */
  async #figuresOf(entrant, measure, order) {
    const { processes = 1, columns = [] } = MEASURES[measure] ?? {};
    if (processes === 1) {
      const host = /** @type {SubjectHost} */ (this.#hosts.get(entrant));
      return host.measure(measure, { ...order, startAtMs: Date.now() });
    }
    const hosts = await Promise.all(Array.from({ length: processes }, () => SubjectHost.start(entrant, this.#options)));
    try {
      const startAtMs = Date.now() + HEAD_START_MS;
      const all = await Promise.all(hosts.map((host) => host.measure(measure, { ...order, startAtMs })));
      return Object.fromEntries(
        columns.map(({ metric, over }) => {
          const values = all.map((figures) => figures[metric] ?? Number.NaN);
          return [metric, over === 'sum' ? values.reduce((sum, value) => sum + value, 0) : Math.max(...values)];
        }),
      );
    } finally {
      await Promise.all(hosts.map((host) => host.stop()));
    }
  }

  /**
   * @param {string} measure
   * @param {string} entrant
   * @param {number} round
   * @param {Figures} figures
   */
  #keep(measure, entrant, round, figures) {
    const byEntrant = this.results.get(measure) ?? new Map();
    this.results.set(measure, byEntrant);
    const kept = byEntrant.get(entrant) ?? [];
    byEntrant.set(entrant, kept);
    kept[round - 1] = figures;
  }

  /**
   * @param {string} entrant
   * @param {string | undefined} measure
   * @param {unknown} error
   */
  #fail(entrant, measure, error) {
    const reason = error instanceof Error ? error.message : String(error);
    const isKnown = this.failures.some((one) => one.entrant === entrant && one.measure === measure);
    if (!isKnown) this.failures.push({ entrant, measure, reason });
    this.#options.report(`${ENTRANTS[entrant]?.title ?? entrant}, ${measure ?? 'start'}: ${reason}`);
  }
}
