// @ts-check
import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Where an operation can be held until the schedule lets it go: before the source is asked, with the source's row in
 * hand, before a write's commit, and between the commit and everything that follows it.
 *
 * @typedef {'before-load' | 'after-load' | 'before-commit' | 'after-commit'} PausePoint
 */

/** @typedef {{ point: PausePoint, pauseAt: () => Promise<void> }} Hold */

/** @type {AsyncLocalStorage<{ pauseAt: Hold | undefined }>} */
const operation = new AsyncLocalStorage();

/**
 * @template T
 * @param {Hold | undefined} pauseAt takes effect once, where the operation first reaches its point
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export function withPause(pauseAt, work) {
  return operation.run({ pauseAt }, work);
}

/** @param {PausePoint} point */
export async function reach(point) {
  const current = operation.getStore();
  if (current?.pauseAt?.point !== point) return;
  const { pauseAt } = current.pauseAt;
  current.pauseAt = undefined;
  await pauseAt();
}
