// @ts-check
/**
 * The everyday tests: unit tests that reach what was changed since `main` (on `main`, since the last commit), and the
 * integration tests among those in the libs and apps that were changed. Arguments are passed on to jest.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const git = (/** @type {string[]} */ ...args) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();

const base = git('merge-base', 'HEAD', git('branch', '--show-current') === 'main' ? 'HEAD' : 'main');
const changed = [
  ...lines(git('diff', '--name-only', base)),
  ...lines(git('ls-files', '--others', '--exclude-standard')),
];
const changedParts = [...new Set(changed.flatMap((file) => /^(?:libs|apps)\/[^/]+\//.exec(file)?.[0] ?? []))];
console.error(`${changed.length} files were changed since ${base.slice(0, 8)}`);

const codes = [
  jest('unit', []),
  ...(changedParts.length > 0 ? [jest('integration', ['--testPathPatterns', changedParts.join('|')])] : []),
];
process.exitCode = codes.find((code) => code !== 0) ?? 0;

/**
 * @param {string} project
 * @param {readonly string[]} filter
 * @returns {number} exit code
 */
function jest(project, filter) {
  const args = [
    '--selectProjects',
    project,
    '--changedSince',
    base,
    '--passWithNoTests',
    ...filter,
    ...process.argv.slice(2),
  ];
  return spawnSync('npx', ['jest', ...args], { cwd: ROOT, stdio: 'inherit' }).status ?? 1;
}

/** @param {string} text */
function lines(text) {
  return text === '' ? [] : text.split('\n');
}
