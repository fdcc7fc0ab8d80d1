// @ts-check
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('./peers/', import.meta.url));
const LOCKFILE = `${FOLDER}package-lock.json`;
const STAMP = `${FOLDER}node_modules/.installed`;

/**
 * Installs the libraries beside ours into a folder of their own, unless they are there as the lockfile names them.
 *
 * @throws {Error} where npm fails
 */
export function installPeers() {
  const wanted = readFileSync(LOCKFILE, 'utf8');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return;
  console.error('Installing the libraries that the schedules are played on beside our own …');
  // Without `resolved` in the lockfile, packages come from whatever registry is configured.
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], {
    cwd: FOLDER,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error('The libraries could not be installed; see above.');
  writeFileSync(STAMP, wanted);
}
