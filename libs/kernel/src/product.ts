import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The folder of the installed package: the nearest one above this file that holds a package.json, whether the file is
 * as written, as compiled, or bundled.
 */
export function productRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

/** Of the installed package, as its package.json says. */
export function productVersion(): string {
  return (JSON.parse(readFileSync(join(productRoot(), 'package.json'), 'utf8')) as { version: string }).version;
}
