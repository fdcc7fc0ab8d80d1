// @ts-check
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { Running } from '#test/setup/services/running.mjs';
import { createLocalFolder } from './local-folder.mjs';

const execute = promisify(execFile);

/**
 * Programs of this machine.
 *
 * @param {Readonly<Record<string, string>>} programs the paths of the programs by their name
 * @param {import('./local-folder.mjs').User | undefined} user whom to run them as where we are root, which PostgreSQL
 *   refuses to be
 * @returns {import('./place.mjs').Place}
 */
export function machinePlace(programs, user) {
  const pathOf = (/** @type {string} */ program) => programs[program] ?? program;
  return {
    name: 'this machine',
    listenAddress: '127.0.0.1',
    createFolder: () => createLocalFolder(tmpdir(), user),
    openNetwork: async () => ({ close: async () => undefined }),
    async run(program, args, folder) {
      return (await execute(pathOf(program), args, { ...user, cwd: folder.inside })).stdout;
    },
    start(program, args, { folder, endSignal }) {
      return new Running(pathOf(program), args, {
        ...user,
        cwd: folder.inside,
        logFile: folder.logFile,
        endSignal,
      });
    },
  };
}
