// @ts-check
import { appendFileSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { removeAtTheEnd } from '#test/setup/services/reaper.mjs';

const BUILT = fileURLToPath(new URL('../../../../dist/', import.meta.url));

/**
 * A method of the product that a control replaces.
 *
 * @typedef {object} Replacement
 * @property {string} className
 * @property {string} method
 * @property {(original: (...args: any[]) => any) => (this: any, ...args: any[]) => any} replace
 */

/**
 * A copy of the built product that replaces what a control names, as its files are loaded. It lies beside the build, for
 * what is loaded from packages. Nothing of this is in the product.
 *
 * @param {string} control the address of a module whose default export is a list of `Replacement`
 * @returns {Promise<string>} the program to run; it is gone when this process ends
 * @throws {Error} where there is no such class: a control that changes nothing would prove nothing
 */
export async function buildWithout(control) {
  const bundle = join(BUILT, 'bundle');
  if (!existsSync(bundle)) throw new Error('the controls need the bundle of the product: npm run build');
  const folder = mkdtempSync(join(BUILT, 'control-'));
  removeAtTheEnd({ kind: 'folder', path: folder });
  cpSync(bundle, folder, { recursive: true });
  /** @type {{ default: readonly Replacement[] }} */
  const { default: replacements } = await import(control);
  const files = readdirSync(folder).filter((name) => name.endsWith('.js'));
  for (const name of new Set(replacements.map(({ className }) => className))) {
    const declares = new RegExp(`\\b(?:(?:const|let|var) ${name} = class|class ${name})\\b`);
    const found = files.filter((file) => declares.test(readFileSync(join(folder, file), 'utf8')));
    const [file] = found;
    if (file === undefined || found.length > 1)
      throw new Error(`${found.length} files of the build have a class ${name}`);
    appendFileSync(join(folder, file), replacing(control, name));
  }
  return join(folder, 'main.js');
}

/**
 * @param {string} control
 * @param {string} name of a class
 * @returns {string} what replaces its methods when the file is loaded; one that is missing ends the process
 */
function replacing(control, name) {
  return `
import replacementsOf${name} from ${JSON.stringify(control)};
for (const { className, method, replace } of replacementsOf${name}) {
  if (className !== '${name}') continue;
  if (typeof ${name}.prototype[method] !== 'function') throw new Error('${name} has no method ' + method);
  ${name}.prototype[method] = replace(${name}.prototype[method]);
}
`;
}
