/** Packages that stay packages: a server loads them from node_modules, and an installation needs no other. */

/** They find files beside their own. */
export const PACKAGES_WITH_FILES = [/^@electric-sql\//, 'unpdf', 'pino'];

/** Others that watch a process find them by name: whoever traces statements and commands has them patched as they load. */
export const DRIVERS = ['pg', 'ioredis'];

/** @param {string} name */
export function staysPackage(name) {
  return [...PACKAGES_WITH_FILES, ...DRIVERS].some((known) =>
    typeof known === 'string' ? known === name : known.test(name),
  );
}
