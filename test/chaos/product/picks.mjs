// @ts-check
import { mulberry32 } from '#test/support/random.mjs';

/** Choices by a seed: a schedule that is run again picks the same. */
export class Picks {
  #random;

  /** @param {number} seed */
  constructor(seed) {
    this.#random = mulberry32(seed);
  }

  /** @param {number} limit above 0 */
  below(limit) {
    return Math.floor(this.#random() * limit);
  }

  /**
   * @template T
   * @param {readonly T[]} items
   * @returns {T | undefined} undefined where there is none
   */
  one(items) {
    return items.length === 0 ? undefined : items[this.below(items.length)];
  }

  /**
   * @template T
   * @param {readonly T[]} items
   * @param {number} count
   * @returns {T[]} so many of them, or all
   */
  some(items, count) {
    const left = [...items];
    const chosen = [];
    while (chosen.length < count && left.length > 0) chosen.push(...left.splice(this.below(left.length), 1));
    return chosen;
  }
}
