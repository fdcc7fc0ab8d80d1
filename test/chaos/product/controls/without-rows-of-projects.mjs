// @ts-check
/** T52: that a project was made, also by a read, is invalidated after the commit or, where the process dies, never. */
import { replaceMethod } from './built-class.mjs';

const OF_PROJECTS = /^[^:]*:projects?:/;

await replaceMethod(
  'SqlInvalidationOutbox',
  'append',
  (append) =>
    async function appendOthers(tags) {
      const others = tags.filter((/** @type {string} */ tag) => !OF_PROJECTS.test(tag));
      return others.length === 0 ? undefined : append.call(this, others);
    },
);
