// @ts-check
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Running } from '#test/setup/services/running.mjs';
import { createLocalFolder } from './local-folder.mjs';

const execute = promisify(execFile);

/** Debian's `nobody` and `nogroup`, the same numbers in every release. */
const NOBODY = { uid: 65534, gid: 65534 };

/**
 * Programs of another Debian that lies in a folder, started through chroot(8), which replaces itself by the program:
 * the process id is the program's own. Nothing is mounted there, and the network is the machine's. Needs root.
 *
 * @param {string} root
 * @param {Readonly<Record<string, string>>} programs their paths inside
 * @param {{ isNew?: boolean }} [options] whether this process has made the folder
 * @returns {import('./place.mjs').Place}
 */
export function chrootPlace(root, programs, { isNew = false } = {}) {
  const command = (/** @type {string} */ program, /** @type {readonly string[]} */ args) => [
    `--userspec=${NOBODY.uid}:${NOBODY.gid}`,
    '--groups=',
    root,
    programs[program] ?? program,
    ...args,
  ];
  // A path of this machine's environment means nothing in there.
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' };
  return {
    name: `the Debian folder ${root}, ${isNew ? 'made now' : 'made by an earlier run'}`,
    listenAddress: '127.0.0.1',
    createFolder: () => createLocalFolder(join(root, 'srv'), NOBODY, (path) => path.slice(root.length)),
    openNetwork: async () => ({ close: async () => undefined }),
    async run(program, args) {
      return (await execute('chroot', command(program, args), { env })).stdout;
    },
    start(program, args, { folder, endSignal }) {
      return new Running('chroot', command(program, args), { env, logFile: folder.logFile, endSignal });
    },
  };
}
