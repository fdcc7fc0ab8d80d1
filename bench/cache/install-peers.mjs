// @ts-check
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, 'peers');

/** Whether the libraries to measure beside the product are there. */
export function arePeersInstalled() {
  return existsSync(join(FOLDER, 'node_modules'));
}

/**
 * Installs exactly the versions of the lockfile, into their own folder.
 *
 * @throws {Error} when npm fails; it has said why
 */
export function installPeers() {
  const { status } = spawnSync('npm', ['ci', '--prefix', FOLDER, '--ignore-scripts', '--no-audit', '--no-fund'], {
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Error('The peers could not be installed.');
}
