// @ts-check

/** Does things after a delay each, and never one before those that were added earlier: bytes of a connection keep their order. */
export class InOrder {
  /** @type {{ act: () => void, dueMs: number }[]} */
  #queue = [];

  /**
   * @param {() => void} act at once where nothing is to be waited for
   * @param {number} delayMs
   */
  add(act, delayMs) {
    if (delayMs === 0 && this.#queue.length === 0) {
      act();
      return;
    }
    this.#queue.push({ act, dueMs: performance.now() + delayMs });
    if (this.#queue.length === 1) this.#await(delayMs);
  }

  /** @param {number} ms */
  #await(ms) {
    setTimeout(() => {
      this.#queue.shift()?.act();
      const [next] = this.#queue;
      if (next !== undefined) this.#await(Math.max(0, next.dueMs - performance.now()));
    }, ms);
  }
}
