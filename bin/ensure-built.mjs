import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withBuildLock } from './build-lock.mjs';

const root = join(import.meta.dirname, '..');
const stampFile = join(root, 'dist', '.built');

/**
 * Builds the product where it is missing or older than its sources. Of processes that start at once, one builds and
 * the others wait for it. An installed image has no sources: nothing to do there.
 */
export function ensureBuilt() {
  const sources = sourceFolders();
  if (sources.length === 0 || isBuilt(stampOf(sources))) return;
  withBuildLock(join(root, '.cache'), () => {
    const stamp = stampOf(sources);
    if (!isBuilt(stamp)) build(stamp);
  });
}

/** `npm run build`: also what is built already. What it makes counts for whoever starts next. */
function buildAlways() {
  withBuildLock(join(root, '.cache'), () => build(stampOf(sourceFolders())));
}

function sourceFolders() {
  return ['apps', 'libs'].map((name) => join(root, name)).filter((path) => existsSync(path));
}

function isBuilt(stamp) {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp;
}

const STEPS = [
  { script: 'compile.mjs', done: 'compiled' },
  { script: 'bundle.mjs', done: 'bundled' },
];

function build(stamp) {
  console.error(existsSync(stampFile) ? 'Building, as sources have changed:' : 'Building:');
  // Half a build must not pass for a whole one.
  rmSync(stampFile, { force: true });
  for (const { script, done } of STEPS) {
    const beganAt = performance.now();
    const { status } = spawnSync(process.execPath, [join(root, 'bin', script)], { cwd: root, stdio: ['ignore', 2, 2] });
    if (status !== 0) throw new BuildError();
    console.error(`  ${done} in ${((performance.now() - beganAt) / 1_000).toFixed(1)} s`);
  }
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(stampFile, stamp);
}

/** The compiler or the bundler has said what is wrong. */
export class BuildError extends Error {
  constructor() {
    super('The build failed. Install the dependencies first (see README.md), then try again.');
    this.name = 'BuildError';
  }
}

/** Names, sizes and times of all files that the build reads. */
function stampOf(folders) {
  const hash = createHash('sha256');
  const visit = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (entry.name !== 'testing') visit(path);
      } else if (!/\.(int-)?spec\.ts$/.test(entry.name)) {
        const { size, mtimeMs } = statSync(path);
        hash.update(`${path}\0${size}\0${mtimeMs}\n`);
      }
    }
  };
  for (const folder of folders) visit(folder);
  const settings = ['package.json', 'package-lock.json', '.swcrc', ...STEPS.map(({ script }) => join('bin', script))];
  for (const name of settings) hash.update(readFileSync(join(root, name)));
  return hash.digest('hex');
}

if (process.argv[1] === import.meta.filename) {
  try {
    if (process.argv.includes('--always')) buildAlways();
    else ensureBuilt();
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
