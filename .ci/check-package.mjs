// @ts-check
/**
 * Packs the product, installs the tarball in an empty folder by the npm that is here and by the other supported major
 * version, starts what is installed there, stores a context and finds it. The tarball holds no sources and no tests; an
 * installation prints nothing that a user must wonder about, and has no package that reports it to others.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tryServer } from './try-server.mjs';

const ROOT = join(import.meta.dirname, '..');
const INSTALL_TIMEOUT_MS = 600_000;
/** What is no part of an installation. */
const FOREIGN = /^(apps|libs|dist\/(apps|libs)|test|docs\/adr|\.ci|\.cache)\/|\.(spec|int-spec)\.|\.ts$|\.map$/;
/** What the program can't do without. */
const NEEDED = [
  'bin/keepsake.mjs',
  'dist/bundle/main.js',
  'dist/bundle/bench-subject.js',
  'README.md',
  'LICENSE',
  '.env.example',
];
const MAJORS = [10, 11];
/** Packages of the installation, those of packages included: what the bundle holds is not there again. */
const MOST_PACKAGES = 60;

const folder = mkdtempSync(join(tmpdir(), 'keepsake-package-'));
try {
  const manifest = readFileSync(join(ROOT, 'package.json'));
  const tarball = pack();
  if (!readFileSync(join(ROOT, 'package.json')).equals(manifest)) throw new Error('npm pack changed package.json');
  for (const major of MAJORS) {
    const home = install(tarball, major);
    await tryServer([join(home, 'node_modules/.bin/keepsake')], home);
  }
  console.log(
    `the package: packed, installed in an empty folder with npm ${MAJORS.join(' and ')}, started, a context stored and found`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** @returns {string} path of the tarball */
function pack() {
  const output = npm(['pack', '--json', '--pack-destination', folder], ROOT);
  const [{ filename, files }] = JSON.parse(output.slice(output.indexOf('[\n')));
  const paths = files.map((/** @type {{ path: string }} */ { path }) => path);
  const foreign = paths.filter((/** @type {string} */ path) => FOREIGN.test(path));
  if (foreign.length > 0) throw new Error(`the tarball holds ${foreign.slice(0, 5).join(', ')}`);
  const missing = NEEDED.filter((path) => !paths.includes(path));
  if (missing.length > 0) throw new Error(`the tarball is without ${missing.join(', ')}`);
  return join(folder, filename);
}

/**
 * @param {string} tarball
 * @param {number} major of npm
 * @returns {string} the folder
 */
function install(tarball, major) {
  const home = join(folder, `installed-${major}`);
  mkdirSync(home);
  writeFileSync(join(home, 'package.json'), '{"private":true}\n');
  const here = Number.parseInt(npm(['--version'], home), 10);
  const args = ['install', tarball, '--no-audit', '--no-fund'];
  const command = major === here ? ['npm'] : ['npx', '--yes', `npm@${major}`];
  const { status, stdout, stderr } = spawnSync(command[0] ?? '', [...command.slice(1), ...args], {
    cwd: home,
    encoding: 'utf8',
    timeout: INSTALL_TIMEOUT_MS,
  });
  const said = `${stdout}${stderr}`;
  if (status !== 0) throw new Error(`npm ${major} install failed:\n${said}`);
  if (/warn|deprecated|EBADENGINE/i.test(said)) throw new Error(`npm ${major} install warns:\n${said}`);
  const packages = Object.keys(JSON.parse(readFileSync(join(home, 'package-lock.json'), 'utf8')).packages);
  if (packages.some((path) => path.endsWith('@scarf/scarf'))) throw new Error('the installation reports itself');
  if (packages.length > MOST_PACKAGES) throw new Error(`an installation has ${packages.length} packages`);
  return home;
}

/**
 * @param {readonly string[]} args
 * @param {string} cwd
 * @returns {string} its standard output
 */
function npm(args, cwd) {
  const { status, stdout, stderr } = spawnSync('npm', [...args], {
    cwd,
    encoding: 'utf8',
    timeout: INSTALL_TIMEOUT_MS,
  });
  if (status !== 0) throw new Error(`npm ${args[0]} failed:\n${stdout}${stderr}`);
  return stdout;
}
