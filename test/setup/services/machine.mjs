// @ts-check
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/**
 * What the sources of services ask of the machine they run on.
 *
 * @typedef {object} Machine
 * @property {NodeJS.Platform} platform
 * @property {boolean} isRoot
 * @property {string} cacheFolder outlives a clone of the repository
 * @property {(path: string) => boolean} exists
 * @property {(folder: string) => string[]} list empty where there is no such folder
 * @property {(path: string) => string} realPath
 * @property {(name: string) => string[]} find where a program lies: each folder of PATH, then the usual ones
 * @property {(command: string, args: readonly string[], options?: { env?: Record<string, string> }) => Promise<string>}
 *   run answers the standard output; throws, with what the command said, when it fails
 * @property {(text: string) => void} report a line for people, before something that takes minutes
 */

/** Where package managers put programs that a user's PATH may not name. */
const USUAL_FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/opt/homebrew/bin', '/snap/bin'];

/**
 * Whether the tests are to take nothing that is installed on this machine, so that they run as on a fresh one.
 *
 * @param {NodeJS.ProcessEnv} env
 */
export function ignoresMachine(env) {
  return env['TEST_IGNORE_MACHINE'] === 'true';
}

/** @returns {Machine} */
export function thisMachine() {
  return {
    platform: process.platform,
    isRoot: process.getuid?.() === 0,
    cacheFolder: process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'),
    exists: existsSync,
    list: (folder) => (existsSync(folder) ? readdirSync(folder) : []),
    realPath: (path) => realpathSync(path),
    find(name) {
      const folders = new Set([...(process.env['PATH'] ?? '').split(delimiter), ...USUAL_FOLDERS]);
      return [...folders].map((folder) => join(folder, name)).filter(isExecutable);
    },
    report: (text) => void process.stderr.write(`${text}\n`),
    async run(command, args, { env } = {}) {
      try {
        const options = { env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 };
        return (await execute(command, args, options)).stdout;
      } catch (error) {
        throw new Error(`${command} ${args[0] ?? ''} failed: ${lastLineOf(error)}`, { cause: error });
      }
    },
  };
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** @param {unknown} error of a command */
function lastLineOf(error) {
  const { stderr = '', message = '' } = /** @type {{ stderr?: string, message?: string }} */ (error);
  return (stderr.trim() || message).split('\n').at(-1) ?? '';
}
