// @ts-check
import { setTimeout as pause } from 'node:timers/promises';

/**
 * Tries until the attempt neither throws nor answers `undefined` or `false`, and returns its answer.
 *
 * A test waits for a state with this, never for a time: it goes on as soon as the state is there.
 *
 * @template T
 * @param {() => T | Promise<T>} attempt called one at a time, never overlapping
 * @param {{ timeoutMs?: number, everyMs?: number, what?: string }} [options] `what` completes "waited … ms for …"
 * @returns {Promise<Exclude<Awaited<T>, undefined | false>>}
 * @throws {Error} when `timeoutMs` (30,000) is over; its `cause` is what the last attempt threw
 */
export async function until(attempt, { timeoutMs = 30_000, everyMs = 25, what = 'the expected state' } = {}) {
  const deadline = performance.now() + timeoutMs;
  /** @type {unknown} */
  let cause;
  for (;;) {
    try {
      const answer = await attempt();
      if (answer !== undefined && answer !== false) {
        return /** @type {Exclude<Awaited<T>, undefined | false>} */ (answer);
      }
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= deadline) {
      const last = cause instanceof Error ? `: ${cause.message}` : '';
      throw new Error(`waited ${timeoutMs} ms for ${what}${last}`, { cause });
    }
    await pause(everyMs);
  }
}
