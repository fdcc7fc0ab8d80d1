// @ts-check
import { setMaxListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * What one kind of call took since the last report.
 *
 * @typedef {{ count: number, failed: number, p50Ms: number, p99Ms: number, maxMs: number }} Latency
 */

const PROJECT = 'soak';
/** What a write that nobody could confirm may be unseen for, after its answer. */
const BOUND_MS = 1_000;

/**
 * Clients that write and read over several servers, each with one request under way and a pause after it. A writer owns its
 * labels, so what was acknowledged is known: a read that starts later than the bound after that and shows less is stale.
 */
export class Traffic {
  /** @type {Record<'write' | 'read', number[]>} */
  #tookMs = { write: [], read: [] };
  #failed = { write: 0, read: 0 };
  /** The newest version that was acknowledged of each label, and when. @type {Map<string, { version: number, atMs: number }[]>} */
  #acknowledged = new Map();
  #over = new AbortController();
  /** @type {Promise<void>[]} */
  #clients = [];
  hits = 0;
  reads = 0;
  writes = 0;
  /** What was wrong, at most some of it. @type {string[]} */
  problems = [];

  /** @param {readonly string[]} urls @param {string} key @param {{ writers: number, readers: number, pauseMs: number }} size */
  constructor(urls, key, { writers, readers, pauseMs }) {
    this.urls = urls;
    this.key = key;
    this.pauseMs = pauseMs;
    setMaxListeners(writers + readers, this.#over.signal);
    for (let n = 0; n < writers; n++) this.#clients.push(this.#repeat(n, () => this.#write(n)));
    for (let n = 0; n < readers; n++) this.#clients.push(this.#repeat(n, () => this.#read(n, writers)));
  }

  /** @returns {Record<'write' | 'read', Latency>} what was measured since the last call */
  report() {
    const of = (/** @type {'write' | 'read'} */ kind) => {
      const sorted = this.#tookMs[kind].toSorted((a, b) => a - b);
      const at = (/** @type {number} */ share) =>
        sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
      return { count: sorted.length, failed: this.#failed[kind], p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
    };
    const report = { write: of('write'), read: of('read') };
    this.#tookMs = { write: [], read: [] };
    this.#failed = { write: 0, read: 0 };
    return report;
  }

  /** Resolves when the last request has been answered. */
  async stop() {
    this.#over.abort();
    await Promise.all(this.#clients);
  }

  /**
   * One request, counted under no kind.
   *
   * @param {string} url of the server
   * @param {string} path
   * @param {object} [body] sent by POST
   */
  async ask(url, path, body) {
    const answer = await fetch(url + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${this.key}`, ...(body && { 'content-type': 'application/json' }) },
      body: body && JSON.stringify(body),
    });
    return { status: answer.status, headers: answer.headers, body: /** @type {any} */ (await answer.json()) };
  }

  /** @param {number} n */
  #urlOf(n) {
    return /** @type {string} */ (this.urls[n % this.urls.length]);
  }

  /** @param {number} n @param {() => Promise<void>} step */
  async #repeat(n, step) {
    const { signal } = this.#over;
    // Not all at the same moment.
    await pause((n * 37) % this.pauseMs, undefined, { signal }).catch(() => undefined);
    while (!signal.aborted) {
      await step();
      await pause(this.pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** @param {'write' | 'read'} kind @param {() => ReturnType<Traffic['ask']>} call */
  async #timed(kind, call) {
    const beganMs = performance.now();
    try {
      const answer = await call();
      this.#tookMs[kind].push(performance.now() - beganMs);
      if (answer.status < 300) return answer;
      this.#fail(kind, `${kind} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    } catch (error) {
      this.#fail(kind, `${kind} failed: ${String(error)}`);
    }
    return undefined;
  }

  /** @param {'write' | 'read'} kind @param {string} problem */
  #fail(kind, problem) {
    this.#failed[kind]++;
    this.#note(problem);
  }

  /** @param {string} problem */
  #note(problem) {
    if (this.problems.length < 20) this.problems.push(problem);
  }

  /** @param {number} n */
  async #write(n) {
    const label = `note-${n}`;
    const content = `Text ${this.writes} of ${n}.`;
    const answer = await this.#timed('write', () =>
      this.ask(this.#urlOf(n), '/v1/contexts', { project: PROJECT, label, content }),
    );
    if (answer === undefined) return;
    this.writes++;
    const known = this.#acknowledged.get(label) ?? [];
    this.#acknowledged.set(label, [...known.slice(-8), { version: answer.body.version, atMs: performance.now() }]);
  }

  /** @param {number} n @param {number} writers */
  async #read(n, writers) {
    const label = `note-${(n + this.reads) % writers}`;
    const beganMs = performance.now();
    const due = this.#acknowledged.get(label)?.findLast(({ atMs }) => atMs < beganMs - BOUND_MS)?.version ?? 0;
    if (!this.#acknowledged.has(label)) return;
    // Of the other server than its writer's, where there are two.
    const url = this.#urlOf(n + this.reads + 1);
    const answer = await this.#timed('read', () => this.ask(url, `/v1/projects/${PROJECT}/contexts/${label}`));
    this.reads++;
    if (answer === undefined) return;
    if (answer.headers.get('cache-status')?.includes('hit')) this.hits++;
    if (answer.body.version < due)
      this.#note(`stale: ${label} was ${answer.body.version} after ${due} was acknowledged`);
  }
}
