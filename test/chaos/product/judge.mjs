// @ts-check
import { monotonicMs } from '#test/chaos/monotonic.mjs';
import { NoAnswerError } from './http-client.mjs';

/** What a write may wait for, and what reads may lag behind one that nobody could confirm: the engine's own bound. */
const INVALIDATION_BOUND_MS = 1_000;
/** An answer after this may be one that nobody confirmed. */
const MAYBE_UNCONFIRMED_MS = 0.9 * INVALIDATION_BOUND_MS;

/**
 * A request asks for a credential, for what it needs and for its answer: each may wait for a load or for the bound of an
 * invalidation, and a machine with a dozen processes on two cores takes its time.
 */
const WAIT_BOUND_MS = 6_000;

/**
 * @typedef {'stale' | 'lost' | 'crossed' | 'wrong 304' | 'old If-Match' | 'failed' | 'waited' | 'unrecovered' | 'no hits'
 *   | 'wrong answer'} ViolationKind
 *
 * @typedef {object} Violation
 * @property {ViolationKind} kind
 * @property {string} text
 */

/** What one schedule of the product showed. */
export class Judge {
  /** @type {Violation[]} */
  violations = [];
  reads = 0;
  hits = 0;
  quietReads = 0;
  quietHits = 0;
  conditionalReads = 0;
  notModified = 0;
  writes = 0;
  unknownWrites = 0;
  refusedOldTags = 0;
  withinException = 0;
  /** Waits beyond the bound on a machine that had no processor for these processes. */
  starvedWaits = 0;
  longestReadMs = 0;
  longestWriteMs = 0;
  /** Routes and tools that were called. @type {Map<string, number>} */
  called = new Map();
  /** Whose stops and disturbed databases can keep a write waiting: they hold rows. */
  #processes;
  /** Until when reads may be behind a write that nobody confirmed. */
  #unconfirmedUntilMs = 0;

  #starvation;

  /** @param {import('./product-environment.mjs').ProductEnvironment} environment */
  constructor({ processes, starvation }) {
    this.#processes = processes;
    this.#starvation = starvation;
  }

  /**
   * @param {ViolationKind} kind
   * @param {string} text
   */
  found(kind, text) {
    this.violations.push({ kind, text });
  }

  /** @param {string} what a route or a tool */
  count(what) {
    this.called.set(what, (this.called.get(what) ?? 0) + 1);
  }

  /**
   * @param {import('./product-process.mjs').ProductProcess} server
   * @param {string} what
   * @param {'read' | 'write'} kind
   * @param {import('./http-client.mjs').Answer} answer
   */
  timed(server, what, kind, { startedMs, endedMs }) {
    const victims = kind === 'write' ? this.#processes : [server];
    const excused = victims.flatMap(({ suspensions, databaseFaults }) => [...suspensions, ...databaseFaults]);
    const waitMs = endedMs - startedMs - overlapMs(excused, startedMs, endedMs);
    if (kind === 'read') this.longestReadMs = Math.max(this.longestReadMs, waitMs);
    else this.longestWriteMs = Math.max(this.longestWriteMs, waitMs);
    if (kind === 'write' && endedMs - startedMs >= MAYBE_UNCONFIRMED_MS) {
      this.#unconfirmedUntilMs = Math.max(this.#unconfirmedUntilMs, endedMs + INVALIDATION_BOUND_MS);
    }
    if (waitMs <= WAIT_BOUND_MS) return;
    // The database and Redis, whose processes are not looked at, wait for the same processors.
    if (waitMs - 2 * this.#starvation.between(startedMs, endedMs) <= WAIT_BOUND_MS) this.starvedWaits++;
    else {
      this.found('waited', `${server.name} ${what} took ${waitMs.toFixed(0)} ms, the bound is ${WAIT_BOUND_MS} ms`);
    }
  }

  /**
   * No answer came.
   *
   * @param {import('./product-process.mjs').ProductProcess} server
   * @param {string} what
   * @param {number} startedMs
   * @param {unknown} error
   */
  unanswered(server, what, startedMs, error) {
    if (!(error instanceof NoAnswerError)) throw error;
    const wasDisturbed = overlapMs([...server.suspensions, ...server.databaseFaults], startedMs, monotonicMs()) > 0;
    if (error.isTimeout && !wasDisturbed && server.isServing)
      this.found('waited', `${server.name} ${what}: ${error.message}`);
  }

  /**
   * @param {import('./product-process.mjs').ProductProcess} server
   * @param {string} what
   * @param {import('./http-client.mjs').Answer} answer with status 500 or more
   */
  failed(server, what, { status, body, startedMs, endedMs }) {
    if (overlapMs(server.databaseFaults, startedMs, endedMs) > 0) return;
    // What it was stopped in the middle of may have run out of its time.
    if (overlapMs(server.suspensions, startedMs, endedMs) > 1_000) return;
    this.found('failed', `${server.name} ${what}: ${status} ${JSON.stringify(body)?.slice(0, 300)}`);
  }

  /** @param {number} startedMs of a read that was behind */
  isExcused(startedMs) {
    if (startedMs > this.#unconfirmedUntilMs) return false;
    this.withinException++;
    return true;
  }
}

/**
 * @param {readonly { fromMs: number, toMs: number }[]} spans
 * @param {number} fromMs
 * @param {number} toMs
 */
function overlapMs(spans, fromMs, toMs) {
  let reachedMs = fromMs;
  let sumMs = 0;
  for (const span of spans.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const [startMs, endMs] = [Math.max(reachedMs, span.fromMs), Math.min(toMs, span.toMs)];
    if (endMs <= startMs) continue;
    sumMs += endMs - startMs;
    reachedMs = endMs;
  }
  return sumMs;
}
