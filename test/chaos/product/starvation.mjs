// @ts-check
import { readFileSync } from 'node:fs';
import { monotonicMs } from '#test/chaos/monotonic.mjs';

const EVERY_MS = 250;
const KEPT_MS = 60_000;

/**
 * How long processes waited for a processor: what others do on the machine is no wait of the product's. Linux counts
 * it for each process; elsewhere it is taken as none.
 */
export class Starvation {
  #pids;
  /** @type {{ atMs: number, waitedMs: number }[]} */
  #samples = [];
  #timer;

  /** @param {() => readonly number[]} pids of the processes now */
  constructor(pids) {
    this.#pids = pids;
    this.#timer = setInterval(() => this.#sample(), EVERY_MS);
    this.#timer.unref();
  }

  stop() {
    clearInterval(this.#timer);
  }

  /**
   * @param {number} fromMs
   * @param {number} toMs
   * @returns {number} milliseconds that all of them together waited in between
   */
  between(fromMs, toMs) {
    this.#sample();
    const until = this.#samples.find(({ atMs }) => atMs >= toMs) ?? this.#samples.at(-1);
    const since = this.#samples.findLast(({ atMs }) => atMs <= fromMs) ?? this.#samples[0];
    return Math.max(0, (until?.waitedMs ?? 0) - (since?.waitedMs ?? 0));
  }

  #sample() {
    const atMs = monotonicMs();
    const waitedMs = this.#pids().reduce((sum, pid) => sum + waitedMsOf(pid), 0);
    this.#samples.push({ atMs, waitedMs });
    while ((this.#samples[0]?.atMs ?? atMs) < atMs - KEPT_MS) this.#samples.shift();
  }
}

/** @param {number} pid */
function waitedMsOf(pid) {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
}
