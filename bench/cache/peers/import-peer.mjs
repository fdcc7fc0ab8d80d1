// @ts-check

/**
 * Imports a package that is installed in this folder. Untyped on purpose: the folder is empty until somebody asks for
 * the peers, and the types of the product must not depend on that.
 *
 * @param {string} name
 * @returns {Promise<any>}
 */
export function importPeer(name) {
  return import(name);
}
