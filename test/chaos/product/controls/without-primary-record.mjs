// @ts-check
const TERM = '00000000-0000-4000-8000-000000000000';

/**
 * T51: nobody outside Redis knows which servers took the writes in between.
 *
 * @type {readonly import('./built-without.mjs').Replacement[]}
 */
const replacements = [
  {
    className: 'PostgresPrimaryRecord',
    method: 'agree',
    replace: () => async () => ({ term: TERM, renewed: [], ageMs: undefined }),
  },
  { className: 'PostgresPrimaryRecord', method: 'current', replace: () => async () => TERM },
];
export default replacements;
