// @ts-check
/**
 * T53, T54: a write is answered when its own invalidations are delivered, whatever else its answer rests on.
 *
 * @type {readonly import('./built-without.mjs').Replacement[]}
 */
const replacements = [
  { className: 'InvalidationService', method: 'acknowledged', replace: () => async () => undefined },
];
export default replacements;
