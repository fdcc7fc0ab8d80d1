// @ts-check
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const BUILT = fileURLToPath(new URL('../../../../dist/libs/cache/src', import.meta.url));

/**
 * A class of the cache as it is compiled: the very one that the process uses, wherever its file lies.
 *
 * @param {string} name
 * @returns {Promise<any>}
 * @throws {Error} where there is none: a control that changes nothing would prove nothing
 */
async function builtClass(name) {
  const files = readdirSync(BUILT, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'));
  const declares = new RegExp(`\\bexport (?:let|class) ${name}\\b`);
  const file = files.find((each) => declares.test(readFileSync(join(BUILT, each), 'utf8')));
  if (file === undefined) throw new Error(`the cache has no class ${name}`);
  return (await import(pathToFileURL(join(BUILT, file)).href))[name];
}

/**
 * Replaces a method of a class.
 *
 * @param {string} className
 * @param {string} method
 * @param {(original: (...args: any[]) => any) => (this: any, ...args: any[]) => any} replace
 */
export async function replaceMethod(className, method, replace) {
  const { prototype } = await builtClass(className);
  if (typeof prototype[method] !== 'function') throw new Error(`${className} has no method ${method}`);
  prototype[method] = replace(prototype[method]);
}
