// @ts-check

/** A small generator with a seed (mulberry32): a schedule that is run again picks the same. */
export class Picks {
  #state;

  /** @param {number} seed */
  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** @param {number} limit above 0 */
  below(limit) {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
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
