// @ts-check
import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Where an operation can be held until the schedule lets it go: before the source is asked, with the source's row in
 * hand, before a write's commit, and between the commit and everything that follows it.
 *
 * @typedef {'before-load' | 'after-load' | 'before-commit' | 'after-commit'} HoldPoint
 */

/** @typedef {{ point: HoldPoint, hold: () => Promise<void> }} Hold */

/** @type {AsyncLocalStorage<{ hold: Hold | undefined }>} */
const operation = new AsyncLocalStorage();

/**
 * @template T
 * @param {Hold | undefined} hold takes effect once, where the operation first reaches its point
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export function withHold(hold, work) {
  return operation.run({ hold }, work);
}

/** @param {HoldPoint} point */
export async function reach(point) {
  const current = operation.getStore();
  if (current?.hold?.point !== point) return;
  const { hold } = current.hold;
  current.hold = undefined;
  await hold();
}
