// @ts-check
const OF_PROJECTS = /^[^:]*:projects?:/;

/**
 * T52: that a project was made, also by a read, is invalidated after the commit or, where the process dies, never.
 *
 * @type {readonly import('./built-without.mjs').Replacement[]}
 */
const replacements = [
  {
    className: 'PostgresInvalidationOutbox',
    method: 'append',
    replace: (append) =>
      async function appendOthers(tags) {
        const others = tags.filter((/** @type {string} */ tag) => !OF_PROJECTS.test(tag));
        return others.length === 0 ? undefined : append.call(this, others);
      },
  },
];
export default replacements;
