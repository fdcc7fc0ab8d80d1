// @ts-check

/**
 * The product without one of its mends. The schedules are the same; of those that the mend is for there are more.
 *
 * @typedef {object} Control
 * @property {string} name
 * @property {string} module loaded into each process before the product
 * @property {string} topology
 * @property {import('#test/chaos/product/product-schedule.mjs').Focus} focus
 */

/** @type {readonly Control[]} */
export const CONTROLS = [
  { name: 'T52', file: 'without-rows-of-projects.mjs', topology: 'single', focus: /** @type {const} */ ('list-first') },
  {
    name: 'T53, T54',
    file: 'without-acknowledgements.mjs',
    topology: 'single',
    focus: /** @type {const} */ ('interrupt'),
  },
  {
    name: 'T51',
    file: 'without-primary-record.mjs',
    topology: 'sentinel',
    focus: /** @type {const} */ ('primary-returns'),
  },
].map(({ file, ...control }) => ({ ...control, module: new URL(file, import.meta.url).href }));
