// @ts-check

/**
 * The product without one of its mends, and the steps that the mend is for. Every round plays them on workspaces of its
 * own until one is found stale: nothing is left to what a generator draws.
 *
 * @typedef {object} Control
 * @property {string} name
 * @property {string} module what it replaces in the product
 * @property {string} topology
 * @property {(round: number) => import('#test/chaos/product/product-schedule.mjs').Step[]} steps
 */

/** The line of the operations that stores a context. */
const STORE = 0;
/** @param {number} round */
function listFirst(round) {
  return [{ do: /** @type {const} */ ('list-first'), at: round % 2, workspace: 0, pick: round }];
}

/**
 * Most of them ask the other process for the same again (T54), the others store more in the same project (T53).
 *
 * @param {number} round
 */
function interrupts(round) {
  return Array.from({ length: 6 }, (_, index) => ({
    do: /** @type {const} */ ('interrupt'),
    at: index % 2,
    workspace: Math.trunc(index / 2) % 2,
    operation: STORE,
    pick: 6 * round + index,
    next: index % 3 === 2 ? /** @type {const} */ ('write') : /** @type {const} */ ('repeat'),
    dies: false,
  }));
}

/**
 * What was stored while another had taken over, and is read when the old one is back.
 *
 * @param {number} round
 */
function primaryReturns(round) {
  const write = { do: /** @type {const} */ ('write'), workspace: 0, operation: STORE, byTool: false, repeats: false };
  const read = { do: /** @type {const} */ ('read'), workspace: 0 };
  const fault = { do: /** @type {const} */ ('server'), fault: 'primary-returns', steps: 1 };
  return [
    { ...write, at: 0, pick: round },
    { ...fault, node: 0, pick: round },
    // The same label as before.
    { ...write, at: 1, pick: round },
    ...[0, 1, 2, 3].map((index) => ({ ...read, at: index % 2, pick: 4 * round + index })),
  ];
}

/** @type {readonly Control[]} */
export const CONTROLS = [
  { name: 'T52', file: 'without-rows-of-projects.mjs', topology: 'single', steps: listFirst },
  { name: 'T53, T54', file: 'without-acknowledgements.mjs', topology: 'single', steps: interrupts },
  { name: 'T51', file: 'without-primary-record.mjs', topology: 'sentinel', steps: primaryReturns },
].map(({ file, ...control }) => ({ ...control, module: new URL(file, import.meta.url).href }));
