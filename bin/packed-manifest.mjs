// @ts-check
/**
 * The package.json of the tarball, around `npm pack`: `write` before it, `restore` after it. What the bundle holds is no
 * dependency of an installation: npm heeds no `overrides` but those of whoever installs, so that packages which ask for a
 * newer Node, or report installations, would come back.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { staysPackage } from './packages-beside-the-bundle.mjs';

const ROOT = join(import.meta.dirname, '..');
const MANIFEST = join(ROOT, 'package.json');
const KEPT = join(ROOT, '.cache/package.json.kept');
/** Of those who build and test; the scripts that npm runs around a pack are needed until it is done. */
const LEFT_OUT = ['devDependencies', 'overrides', 'allowScripts', 'imports'];

const [step] = process.argv.slice(2);
// Also after a pack that was ended half way.
restore();
if (step === 'write') write();

function write() {
  if (!existsSync(join(ROOT, 'dist/bundle/main.js')))
    throw new Error('There is no bundle to pack: npm run build says why.');
  const manifest = JSON.parse(readFileSync(MANIFEST, 'utf8'));
  for (const name of LEFT_OUT) delete manifest[name];
  manifest.dependencies = Object.fromEntries(
    Object.entries(manifest.dependencies).filter(([name]) => staysPackage(name)),
  );
  manifest.scripts = { start: manifest.scripts.start };
  mkdirSync(dirname(KEPT), { recursive: true });
  writeFileSync(KEPT, readFileSync(MANIFEST));
  writeFileSync(MANIFEST, `${JSON.stringify(manifest, null, 2)}\n`);
}

function restore() {
  if (!existsSync(KEPT)) return;
  writeFileSync(`${MANIFEST}.new`, readFileSync(KEPT));
  renameSync(`${MANIFEST}.new`, MANIFEST);
  rmSync(KEPT);
}
