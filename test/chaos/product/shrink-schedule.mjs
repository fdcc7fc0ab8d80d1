// @ts-check

/** A race that was lost once may be won the next time: a smaller schedule passes only when it passes this often. */
const TRIES = 2;

/**
 * Leaves out steps of a schedule that it fails without.
 *
 * @template Step
 * @param {readonly Step[]} steps of a schedule that fails
 * @param {(steps: readonly Step[]) => Promise<boolean>} fails runs one
 * @param {number} forMs how long is tried at most
 * @returns {Promise<readonly Step[]>} the smallest that was found to fail
 */
export async function smallestFailing(steps, fails, forMs) {
  const untilMs = performance.now() + forMs;
  let smallest = steps;
  for (let index = steps.length - 1; index >= 0 && smallest.length > 1; index--) {
    const fewer = smallest.toSpliced(index, 1);
    for (let attempt = 0; attempt < TRIES && performance.now() < untilMs; attempt++) {
      if (!(await fails(fewer))) continue;
      smallest = fewer;
      break;
    }
  }
  return smallest;
}
