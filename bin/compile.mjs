/**
 * Compiles `apps` and `libs` into `dist`, file by file, with the compiler and the settings (`.swcrc`) that the tests use.
 * Types are not checked here: `npm run types` does that.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { transformFile } from '@swc/core';

const root = join(import.meta.dirname, '..');
const FOLDERS = ['apps', 'libs'];

const isProduct = (file) => file.endsWith('.ts') && !/\.(int-)?spec\.ts$/.test(file) && !/[\\/]testing[\\/]/.test(file);

async function compile(file) {
  const source = join(root, file);
  const target = join(root, 'dist', file.replace(/\.ts$/, '.js'));
  const { code, map } = await transformFile(source, {
    // The settings are those of jest, which needs CommonJS; what is served are ECMAScript modules.
    module: { type: 'es6' },
    sourceMaps: true,
    sourceFileName: relative(dirname(target), source),
    inlineSourcesContent: false,
  });
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, `${code}//# sourceMappingURL=${basename(target)}.map\n`);
  writeFileSync(`${target}.map`, map);
}

const files = FOLDERS.flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true }).map((file) => join(folder, file)),
).filter(isProduct);
// Nothing stays of a source that is gone.
for (const folder of FOLDERS) rmSync(join(root, 'dist', folder), { recursive: true, force: true });
await Promise.all(files.map(compile));
