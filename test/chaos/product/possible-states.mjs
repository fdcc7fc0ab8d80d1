// @ts-check
import { emptyState } from './workspace-state.mjs';

/**
 * A write, as the model knows it.
 *
 * @typedef {object} Effect
 * @property {(state: import('./workspace-state.mjs').WorkspaceState,
 *   answer?: import('./http-client.mjs').Answer) => string | undefined} apply changes a state as the write does. With an
 *   answer it says what is wrong where the write can't answer so in that state
 *
 * @typedef {object} Possibility
 * @property {import('./workspace-state.mjs').WorkspaceState} state
 * @property {ReadonlySet<Effect>} applied of the writes that nobody has answered
 */

/**
 * What a workspace may hold, as far as its clients know. A write without an answer may have taken effect, at any time
 * since it was sent, or may take effect yet: a read may show either, and reading one does not settle it, for entries
 * that it falls by are not gone before it is acknowledged. An acknowledgement settles it, and with it every other write
 * that the answer can't be explained without.
 */
export class PossibleStates {
  /** Consistent with every answer. @type {Possibility[]} */
  #possibilities = [{ state: emptyState(), applied: new Set() }];
  /** @type {Set<Effect>} */
  #unanswered = new Set();
  /** As long as nothing is begun or answered. @type {readonly import('./workspace-state.mjs').WorkspaceState[] | undefined} */
  #known;
  /** @type {Set<() => void>} */
  #watchers = new Set();

  /** One of them, to choose from. */
  get likely() {
    const [first] = this.#possibilities;
    return /** @type {Possibility} */ (first).state;
  }

  get unanswered() {
    return this.#unanswered.size;
  }

  /** @param {Effect} effect of a write that is sent now */
  begin(effect) {
    this.#unanswered.add(effect);
    this.#notify();
  }

  /**
   * @param {() => void} watcher called whenever there may be more to see: a read under way may show it
   * @returns {() => void} ends it
   */
  watch(watcher) {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** @returns {readonly import('./workspace-state.mjs').WorkspaceState[]} what a read may show now */
  all() {
    this.#known ??= this.#closure().map(({ state }) => state);
    return this.#known;
  }

  /**
   * @param {Effect} effect begun before
   * @param {import('./http-client.mjs').Answer} answer
   * @returns {string | undefined} what is wrong where no state explains the answer; then the write is taken as done
   */
  acknowledge(effect, answer) {
    if (!this.#unanswered.has(effect)) return undefined;
    const reached = this.#closure(effect, answer).filter(({ applied }) => applied.has(effect));
    const problem = reached.length === 0 ? this.#problemOf(effect, answer) : undefined;
    const kept = reached.length > 0 ? reached : this.#closure().filter(({ applied }) => applied.has(effect));
    this.#unanswered.delete(effect);
    this.#possibilities = distinct(kept.map(({ state, applied }) => ({ state, applied: without(applied, effect) })));
    this.#notify();
    return problem;
  }

  #notify() {
    this.#known = undefined;
    for (const watcher of this.#watchers) watcher();
  }

  /**
   * Nothing is under way any more: which of the writes without an answer took effect shows in what is read.
   *
   * @param {(state: import('./workspace-state.mjs').WorkspaceState) => boolean} agrees whether all reads show this state
   * @returns {boolean} false where they show none
   */
  settle(agrees) {
    const all = this.#closure();
    const found = all.filter(({ state }) => agrees(state));
    this.#unanswered.clear();
    this.#possibilities = distinct(
      (found.length > 0 ? found : all).map(({ state }) => ({ state, applied: new Set() })),
    );
    this.#notify();
    return found.length > 0;
  }

  /**
   * @param {Effect} [judged]
   * @param {import('./http-client.mjs').Answer} [answer]
   * @returns {Possibility[]} with any of the unanswered writes applied, in any order
   */
  #closure(judged, answer) {
    let reached = this.#possibilities;
    for (let edge = reached; edge.length > 0; reached = distinct([...reached, ...edge])) {
      edge = edge.flatMap(({ state, applied }) =>
        [...this.#unanswered].flatMap((effect) => {
          if (applied.has(effect)) return [];
          const next = structuredClone(state);
          const problem = effect.apply(next, effect === judged ? answer : undefined);
          return problem === undefined ? [{ state: next, applied: new Set([...applied, effect]) }] : [];
        }),
      );
    }
    return reached;
  }

  /**
   * @param {Effect} effect
   * @param {import('./http-client.mjs').Answer} answer
   */
  #problemOf(effect, answer) {
    const problems = this.#possibilities.map(({ state }) => effect.apply(structuredClone(state), answer));
    return problems.find((problem) => problem !== undefined) ?? 'the answer fits no state';
  }
}

/** @param {Possibility[]} possibilities */
function distinct(possibilities) {
  /** @type {Map<string, Possibility[]>} */
  const known = new Map();
  const kept = [];
  for (const possibility of possibilities) {
    const key = JSON.stringify(possibility.state);
    const same = known.get(key) ?? [];
    if (same.some(({ applied }) => isSame(applied, possibility.applied))) continue;
    known.set(key, [...same, possibility]);
    kept.push(possibility);
  }
  return kept;
}

/**
 * @template T
 * @param {ReadonlySet<T>} a
 * @param {ReadonlySet<T>} b
 */
function isSame(a, b) {
  return a.size === b.size && [...a].every((each) => b.has(each));
}

/**
 * @template T
 * @param {ReadonlySet<T>} set
 * @param {T} item
 */
function without(set, item) {
  return new Set([...set].filter((each) => each !== item));
}
