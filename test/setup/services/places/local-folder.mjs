// @ts-check
import { chmod, chown, copyFile, mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { removeAtTheEnd } from '#test/setup/services/reaper.mjs';

/** @typedef {{ uid: number, gid: number }} User */

/**
 * A new folder for a service's data below `parent`, owned by the user its programs run as.
 *
 * @param {string} parent
 * @param {User | undefined} user undefined: the programs run as we do
 * @param {(path: string) => string} seenFromInside
 * @returns {Promise<import('./place.mjs').Folder>}
 */
export async function createLocalFolder(parent, user, seenFromInside = (path) => path) {
  await mkdir(parent, { recursive: true });
  const path = await mkdtemp(join(parent, 'keepsake-test-'));
  const cleared = removeAtTheEnd({ kind: 'folder', path });
  await chmod(path, 0o755);
  const data = join(path, 'data');
  await mkdir(data, { mode: 0o700 });
  await give(data, user);
  return {
    inside: seenFromInside(data),
    logFile: join(path, 'log'),
    async writeFile(name, content) {
      await writeFile(join(data, name), content, { mode: 0o600 });
      await give(join(data, name), user);
    },
    async copyFile(from, to) {
      await copyFile(join(data, from), join(data, to));
      await give(join(data, to), user);
    },
    async remove() {
      await rm(path, { recursive: true, force: true, maxRetries: 5 });
      cleared();
    },
  };
}

/**
 * @param {string} path
 * @param {User | undefined} user
 */
async function give(path, user) {
  if (user) await chown(path, user.uid, user.gid);
}
