// @ts-check
import { setTimeout as pause } from 'node:timers/promises';
import { inTime } from './actor.mjs';
import { monotonicMs } from './monotonic.mjs';
import { judgeReads, judgeTheEnd, judgeWaits } from './oracle.mjs';
import { ACTORS, KEYS } from './schedule.mjs';

/** How long a step is waited for before the next one begins beside it. */
const OPERATION_WAIT_MS = 60;

/** What is still under way that long after the last fault and hold is over will never end. */
const HANG_MS = 10_000;

/** Between two operations while the servers change. */
const TRAFFIC_MS = 20;

/**
 * What a schedule came to.
 *
 * @typedef {object} ScheduleResult
 * @property {import('./oracle.mjs').Violation[]} violations
 * @property {number} reads
 * @property {number} writes acknowledged ones
 * @property {number} unconfirmedWrites acknowledged ones that nobody could confirm within the bound
 * @property {number} faults
 * @property {number} withinException
 * @property {number} longestReadMs
 * @property {number} longestWriteMs
 */

/** Plays one schedule on a stage, heals the stage and judges what its actors saw. */
class ScheduleRun {
  #environment;
  #keys;
  /** What to do before a later step, by that step's number. @type {Map<number, (() => unknown)[]>} */
  #later = new Map();
  /** @type {Set<() => unknown>} */
  #open = new Set();
  /** What is under way, and what it is. @type {Map<Promise<unknown>, string>} */
  #running = new Map();
  /** @type {import('./oracle.mjs').ReadRecord[]} */
  #reads = [];
  /** @type {import('./oracle.mjs').WriteRecord[]} */
  #writes = [];
  /** @type {import('./oracle.mjs').WaitRecord[]} */
  #waits = [];
  /** When writes were held with their rows locked: others of the same key wait for the source. @type {{ fromMs: number, toMs: number }[]} */
  #locks = [];
  #faults = 0;
  #busyServer = false;
  #now = 0;

  /**
   * @param {import('./environment.mjs').Environment} environment
   * @param {string} prefix of this schedule's keys
   */
  constructor(environment, prefix) {
    this.#environment = environment;
    this.#keys = Array.from({ length: KEYS }, (_, index) => `${prefix}k${index}`);
  }

  /**
   * @param {readonly import('./schedule.mjs').Step[]} steps
   * @returns {Promise<ScheduleResult>}
   */
  async run(steps) {
    /** @type {import('./oracle.mjs').Violation[]} */
    const violations = [];
    for (const [index, step] of steps.entries()) {
      this.#now = index;
      await this.#endWhatIsDue(index);
      await this.#perform(step);
    }
    await this.#endAll();
    for (const unended of await this.#awaitAll()) {
      violations.push({ kind: 'waited', text: `${unended} has not ended ${HANG_MS} ms after everything was over` });
    }
    try {
      await this.#environment.recover();
      await this.#environment.settle();
    } catch (error) {
      violations.push({ kind: 'unrecovered', text: error instanceof Error ? error.message : String(error) });
    }
    const { violations: stale, withinException } = judgeReads(this.#reads, this.#writes);
    violations.push(...stale, ...judgeWaits(this.#waits), ...(await this.#judgeTheEnd()));
    return {
      violations,
      reads: this.#reads.length,
      writes: this.#writes.length,
      unconfirmedWrites: this.#writes.filter(({ isConfirmed }) => !isConfirmed).length,
      faults: this.#faults,
      withinException,
      longestReadMs: longest(this.#waits.filter(({ what }) => what !== 'write')),
      longestWriteMs: longest(this.#waits.filter(({ what }) => what === 'write')),
    };
  }

  /** @param {import('./schedule.mjs').Step} step */
  async #perform(step) {
    switch (step.do) {
      case 'read':
      case 'write':
        return this.#operate(step.actor, step.do, [this.#key(step.key)], step);
      case 'readMany':
        return this.#operate(step.actor, 'readMany', this.#keys, step);
      case 'writeMany':
        return this.#operate(step.actor, 'write', this.#keys, step);
      case 'clear':
        return this.#operate(step.actor, 'clear', [], {});
      case 'pause':
        return pause(step.ms);
      case 'link':
        return this.#breakLinks(step);
      case 'suspend': {
        this.#faults++;
        const actor = this.#actor(step.actor);
        actor.suspend();
        return this.#endAfter(step.steps, () => actor.wake());
      }
      case 'kill':
        this.#faults++;
        return this.#replace(this.#actor(step.actor));
      case 'server':
        return this.#breakServer(step);
    }
  }

  /**
   * @param {number} actorIndex
   * @param {'read' | 'readMany' | 'write' | 'clear'} what
   * @param {string[]} keys
   * @param {{ pauseAt?: { at: import('./pause-points.mjs').PausePoint, steps: number }, dies?: boolean, unwaited?: boolean }} how
   */
  async #operate(actorIndex, what, keys, { pauseAt, dies, unwaited }) {
    const actor = this.#actor(actorIndex);
    const task = actor.perform(what, { keys, pauseAt: pauseAt?.at });
    const ended = task.ended.then((outcome) => this.#record(actor, what, keys, outcome));
    this.#running.set(ended, `${actor.name} ${what} ${keys.join(' ')}`);
    void ended.then(() => this.#running.delete(ended));
    if (pauseAt) {
      let heldAtMs = 0;
      void task.held.then(() => (heldAtMs = monotonicMs()));
      this.#endAfter(pauseAt.steps, async () => {
        if (dies && heldAtMs > 0) {
          this.#faults++;
          await this.#replace(actor);
        } else {
          task.release();
        }
        if (pauseAt.at === 'before-commit' && heldAtMs > 0) this.#locks.push({ fromMs: heldAtMs, toMs: monotonicMs() });
      });
    }
    if (!unwaited) await Promise.race([ended, task.held, pause(OPERATION_WAIT_MS)]);
  }

  /**
   * @param {import('./actor.mjs').Actor} actor
   * @param {'read' | 'readMany' | 'write' | 'clear'} what
   * @param {string[]} keys
   * @param {import('./actor.mjs').Outcome | 'died'} outcome
   */
  #record(actor, what, keys, outcome) {
    if (outcome === 'died') return;
    const { startedMs, endedMs, heldMs, answer, error } = outcome;
    const excused = [...actor.suspensions, ...(what === 'write' ? this.#locks : [])];
    const waitMs = endedMs - startedMs - heldMs - overlapMs(excused, startedMs, endedMs);
    this.#waits.push({ actor: actor.name, what, keys, endedMs, waitMs, error });
    if (error !== undefined) return;
    if (what === 'write') {
      for (const { key, version } of answer.rows) {
        this.#writes.push({
          actor: actor.name,
          key,
          version,
          acknowledgedMs: endedMs,
          isConfirmed: answer.isConfirmed,
        });
      }
    } else if (what !== 'clear') {
      this.#reads.push(...readRecords(actor, keys, startedMs, answer));
    }
  }

  /** @param {Extract<import('./schedule.mjs').Step, { do: 'link' }>} step */
  #breakLinks({ actor, fault, steps }) {
    this.#faults++;
    const links = this.#environment.links[actor] ?? [];
    for (const link of links) link.impose(fault);
    this.#endAfter(steps, () => links.forEach((link) => link.heal()));
  }

  /**
   * One at a time: a second fault of the servers while one lasts is left out.
   *
   * @param {Extract<import('./schedule.mjs').Step, { do: 'server' }>} step
   */
  async #breakServer({ fault, node, pick, steps }) {
    if (this.#busyServer) return;
    const impose = this.#environment.topology.faults[fault];
    if (!impose) throw new Error(`${this.#environment.topologyName} has no fault ${fault}`);
    this.#faults++;
    this.#busyServer = true;
    const end = await this.#amidTraffic(impose({ node, pick }));
    if (!end) {
      this.#busyServer = false;
      return;
    }
    this.#endAfter(steps, async () => {
      await this.#amidTraffic(end());
      this.#busyServer = false;
    });
  }

  /**
   * A takeover takes seconds, and what matters happens in the middle of it: reads and writes go on meanwhile.
   *
   * @template T
   * @param {Promise<T>} change of the servers
   * @returns {Promise<T>}
   */
  async #amidTraffic(change) {
    const over = change.then(() => true);
    // Its error is thrown by whatever waits for it next.
    over.catch(() => undefined);
    for (let beat = 1; !(await Promise.race([over, pause(TRAFFIC_MS, false)])); beat++) {
      const what = beat % 4 === 0 ? 'write' : 'read';
      await this.#operate(beat % ACTORS, what, [this.#key((beat * 3) % KEYS)], { unwaited: true });
    }
    return change;
  }

  /** @param {import('./actor.mjs').Actor} actor */
  async #replace(actor) {
    await actor.kill();
    await actor.start();
  }

  /**
   * @param {number} steps
   * @param {() => unknown} end
   */
  #endAfter(steps, end) {
    const at = this.#now + 1 + steps;
    this.#later.set(at, [...(this.#later.get(at) ?? []), end]);
    this.#open.add(end);
  }

  /** @param {number} index */
  async #endWhatIsDue(index) {
    for (const end of this.#later.get(index) ?? []) await this.#end(end);
  }

  async #endAll() {
    for (const end of this.#open) await this.#end(end);
  }

  /** @param {() => unknown} end */
  async #end(end) {
    this.#open.delete(end);
    await end();
  }

  /** @returns {Promise<string[]>} what never ends */
  async #awaitAll() {
    await inTime(Promise.all(this.#running.keys()), HANG_MS);
    return [...this.#running.values()];
  }

  async #judgeTheEnd() {
    const outcomes = await Promise.all(
      this.#environment.actors.map(async (actor) => {
        const { ended } = actor.perform('readMany', { keys: this.#keys });
        return { actor, outcome: await inTime(ended, HANG_MS) };
      }),
    );
    const truth = await this.#environment.truth.versions(this.#keys);
    return outcomes.flatMap(({ actor, outcome }) => {
      if (typeof outcome === 'string' || outcome.error !== undefined) {
        const why = typeof outcome === 'string' ? outcome : outcome.error;
        return [{ kind: /** @type {const} */ ('failed'), text: `${actor.name} can't read at the end: ${why}` }];
      }
      return judgeTheEnd(readRecords(actor, this.#keys, outcome.startedMs, outcome.answer), truth);
    });
  }

  /** @param {number} index */
  #actor(index) {
    return /** @type {import('./actor.mjs').Actor} */ (this.#environment.actors[index]);
  }

  /** @param {number} index */
  #key(index) {
    return /** @type {string} */ (this.#keys[index]);
  }
}

/**
 * @param {import('./environment.mjs').Environment} environment
 * @param {string} prefix of this schedule's keys, unlike every other's
 * @param {readonly import('./schedule.mjs').Step[]} steps
 * @returns {Promise<ScheduleResult>}
 */
export async function runSchedule(environment, prefix, steps) {
  return new ScheduleRun(environment, prefix).run(steps);
}

/**
 * @param {import('./actor.mjs').Actor} actor
 * @param {readonly string[]} keys
 * @param {number} startedMs
 * @param {readonly (import('./truth.mjs').Row | null)[]} rows
 * @returns {import('./oracle.mjs').ReadRecord[]}
 */
function readRecords(actor, keys, startedMs, rows) {
  return keys.map((asked, index) => {
    const row = rows[index];
    return { actor: actor.name, asked, key: row?.key ?? asked, startedMs, version: row?.version ?? 0 };
  });
}

/**
 * @param {readonly { fromMs: number, toMs: number }[]} spans
 * @param {number} fromMs
 * @param {number} toMs
 */
function overlapMs(spans, fromMs, toMs) {
  return spans.reduce((sum, span) => sum + Math.max(0, Math.min(toMs, span.toMs) - Math.max(fromMs, span.fromMs)), 0);
}

/** @param {readonly import('./oracle.mjs').WaitRecord[]} waits */
function longest(waits) {
  return waits.reduce((most, { waitMs }) => Math.max(most, waitMs), 0);
}
