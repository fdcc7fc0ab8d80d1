// @ts-check
import { setTimeout as pause } from 'node:timers/promises';

/**
 * How long the commit of a write is awaited, to stop its process between that and the invalidation: where something is
 * disturbed it may never come, otherwise a busy machine takes its time.
 */
const [DISTURBED_COMMIT_MS, COMMIT_MS] = [600, 10_000];
/** Between two looks for it, and between two reads while servers change. */
const [LOOK_MS, TRAFFIC_MS] = [1, 60];

/** The faults of one schedule: those that last, when they end, and how many there were. */
export class Disturbances {
  count = 0;
  #environment;
  #now = 0;
  /** What to do before a later step, by that step's number. @type {Map<number, (() => unknown)[]>} */
  #later = new Map();
  /** Faults that last. @type {Set<() => unknown>} */
  #open = new Set();
  #isServerBusy = false;

  /** @param {import('./product-environment.mjs').ProductEnvironment} environment */
  constructor(environment) {
    this.#environment = environment;
  }

  /** Whether none lasts. */
  get isQuiet() {
    return this.#open.size === 0 && !this.#isServerBusy;
  }

  /** @param {number} step ends what lasts until then */
  async reach(step) {
    this.#now = step;
    for (const end of this.#later.get(step) ?? []) await this.end(end);
  }

  async endAll() {
    for (const end of this.#open) await this.end(end);
  }

  /** @param {() => unknown} end of a fault; does nothing the second time */
  async end(end) {
    if (this.#open.delete(end)) await end();
  }

  /** @param {Extract<import('./product-schedule.mjs').Step, { do: 'link' }>} step */
  disturbLink({ at, to, fault, steps }) {
    this.count++;
    const victim = this.#environment.process(at);
    if (to === 'database') return this.#endAfter(steps, this.#environment.disturbDatabase(victim, fault));
    for (const link of victim.cacheLinks) link.impose(fault);
    return this.#endAfter(steps, () => victim.cacheLinks.forEach((link) => link.heal()));
  }

  /**
   * Answers of the database come late.
   *
   * @param {import('./product-process.mjs').ProductProcess} victim
   * @returns {() => unknown} what ends it, by `end`
   */
  holdRows(victim) {
    this.count++;
    const end = this.#environment.disturbDatabase(victim, 'late-replies');
    this.#open.add(end);
    return end;
  }

  /** @param {Extract<import('./product-schedule.mjs').Step, { do: 'suspend' }>} step */
  suspend({ at, steps }) {
    const victim = this.#environment.process(at);
    if (!victim.isRunning || victim.isSuspended) return;
    this.count++;
    victim.suspend();
    this.#endAfter(steps, () => victim.wake());
  }

  /** @param {number} at */
  async restart(at) {
    this.count++;
    const victim = this.#environment.process(at);
    await victim.kill();
    // It would end again as long as it reaches no database, and whoever looks after it would start it again.
    victim.databaseLink.heal();
    await victim.start();
  }

  /**
   * One at a time: a second fault of the servers while one lasts is left out.
   *
   * @param {Extract<import('./product-schedule.mjs').Step, { do: 'server' }>} step
   * @param {(beat: number) => Promise<void>} read called again and again while the servers change
   */
  async breakServer({ fault, node, pick, steps }, read) {
    if (this.#isServerBusy) return;
    const impose = this.#environment.serverFaults[fault];
    if (!impose) throw new Error(`${this.#environment.topologyName} has no fault ${fault}`);
    this.count++;
    this.#isServerBusy = true;
    const end = await amid(impose({ node, pick }), read);
    if (!end) {
      this.#isServerBusy = false;
      return;
    }
    this.#endAfter(steps, async () => {
      await amid(end(), read);
      this.#isServerBusy = false;
    });
  }

  /**
   * Stops a process between the commit of what it is asked for and the invalidation.
   *
   * @param {import('./product-process.mjs').ProductProcess} victim
   * @param {() => Promise<unknown>} send
   * @param {() => Promise<boolean>} isCommitted
   * @returns {Promise<Promise<unknown>[]>} what is under way, in a list: it must not be waited for yet
   */
  async stopAtCommit(victim, send, isCommitted) {
    this.count++;
    for (const link of victim.cacheLinks) link.impose('late-invalidations');
    const sent = send();
    const ended = sent.then(() => true);
    // Its error is reported by whoever waits for it.
    ended.catch(() => undefined);
    const untilMs = performance.now() + (this.isQuiet ? COMMIT_MS : DISTURBED_COMMIT_MS);
    while (performance.now() < untilMs && !(await isCommitted().catch(() => false))) {
      if (await Promise.race([ended, pause(LOOK_MS, false)])) break;
    }
    victim.suspend();
    return [sent];
  }

  /** @param {import('./product-process.mjs').ProductProcess} victim stopped; its invalidation arrives now, or never */
  goOn(victim) {
    victim.wake();
    victim.cacheLinks.forEach((link) => link.heal());
  }

  /**
   * @param {import('./product-process.mjs').ProductProcess} victim stopped
   * @param {() => Promise<unknown>} before it is started again
   */
  async replace(victim, before) {
    await victim.kill();
    victim.databaseLink.heal();
    // Its requests were held, and are gone with it.
    victim.cacheLinks.forEach((link) => link.impose('reset'));
    victim.cacheLinks.forEach((link) => link.heal());
    await before();
    await victim.start();
  }

  /** @param {number} steps @param {() => unknown} end */
  #endAfter(steps, end) {
    const at = this.#now + 1 + steps;
    this.#later.set(at, [...(this.#later.get(at) ?? []), end]);
    this.#open.add(end);
  }
}

/**
 * @template T
 * @param {Promise<T>} change
 * @param {(beat: number) => Promise<void>} read
 */
async function amid(change, read) {
  let isOver = false;
  const over = change.finally(() => (isOver = true));
  // Its error is thrown by whatever waits for the change.
  over.catch(() => undefined);
  for (let beat = 0; ; beat++) {
    await Promise.race([over.catch(() => undefined), pause(TRAFFIC_MS)]);
    if (isOver) return change;
    await read(beat);
  }
}
