// @ts-check
/**
 * Installs from the lockfile in an empty folder, with `npm ci` and then `npm install`, by the npm that is here and by
 * the other supported major version: both must succeed, print no warning and leave the lockfile as it is.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const FILES = ['package.json', 'package-lock.json', '.npmrc'];
const MAJORS = [10, 11];
const TIMEOUT_MS = 300_000;

const here = Number.parseInt(execFileSync('npm', ['--version'], { encoding: 'utf8' }), 10);
const problems = [];
for (const major of MAJORS) {
  const npm = major === here ? ['npm'] : ['npx', '--yes', `npm@${major}`];
  const folder = mkdtempSync(join(tmpdir(), 'keepsake-install-'));
  for (const file of FILES) copyFileSync(join(ROOT, file), join(folder, file));
  try {
    for (const call of ['ci', 'install'])
      problems.push(...problemsOf(npm, call, folder).map((text) => `npm ${major} ${call}: ${text}`));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`npm ${MAJORS.join(' and ')}: ci and install succeed without a warning and leave the lockfile as it is`);

/**
 * @param {readonly string[]} npm command and first arguments
 * @param {string} call
 * @param {string} folder
 * @returns {string[]}
 */
function problemsOf([command = 'npm', ...args], call, folder) {
  const { status, stdout, stderr } = spawnSync(command, [...args, call, '--no-audit', '--no-fund'], {
    cwd: folder,
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
  });
  const said = `${stdout}${stderr}`.split('\n').filter((line) => /warn|deprecated|error/i.test(line));
  const isSame = readFileSync(join(folder, 'package-lock.json')).equals(readFileSync(join(ROOT, 'package-lock.json')));
  return [...(status === 0 ? [] : [`ended with ${status}`]), ...said, ...(isSame ? [] : ['changed package-lock.json'])];
}
