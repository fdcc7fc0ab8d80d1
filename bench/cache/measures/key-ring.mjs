// @ts-check

/** Ids in their order, again and again: callers at the same time never ask for the same one. */
export class KeyRing {
  /** @type {readonly string[]} */
  ids;
  #next = 0;

  /**
   * @param {number} size
   * @param {string} prefix
   */
  constructor(size, prefix) {
    this.ids = Array.from({ length: size }, (_, i) => `${prefix}-${i}`);
  }

  next() {
    const id = /** @type {string} */ (this.ids[this.#next]);
    this.#next = (this.#next + 1) % this.ids.length;
    return id;
  }

  /** @param {number} count */
  nextOf(count) {
    return Array.from({ length: count }, () => this.next());
  }
}

/**
 * @template T
 * @param {readonly T[]} all
 * @param {number} size
 */
export function* chunksOf(all, size) {
  for (let start = 0; start < all.length; start += size) yield all.slice(start, start + size);
}
