// @ts-check
/**
 * The oldest Node of `engines` and the lines that users run: each builds the product, starts it, stores a context and finds
 * it, and runs the unit tests of some libs. The programs come from the registry, by the ordinary client, into the cache;
 * they are no dependency. Arguments: versions, where not all are to be tried.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tryServer } from './try-server.mjs';

const ROOT = join(import.meta.dirname, '..');
const CACHE = join(ROOT, '.cache/node-versions');
const VERSIONS = ['20.19.0', '22.23.5', '24.22.3'];
/** Quick ones, of what a version of Node may change: texts, streams, crypto, HTTP, compression, timers. */
const TESTS = ['auth', 'config', 'http', 'kernel', 'mcp', 'observability'];
const STEP_TIMEOUT_MS = 300_000;

const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
if (engines.node !== `>=${VERSIONS[0]}`) throw new Error(`engines says ${engines.node}: try that version here`);

const asked = process.argv.slice(2);
for (const version of asked.length > 0 ? asked : VERSIONS) {
  const node = provide(version);
  const beganAt = performance.now();
  for (const script of ['compile.mjs', 'bundle.mjs']) run(node, [join(ROOT, 'bin', script)]);
  const folder = mkdtempSync(join(tmpdir(), 'keepsake-node-'));
  await tryServer([node, join(ROOT, 'bin/keepsake.mjs')], folder).finally(() =>
    rmSync(folder, { recursive: true, force: true }),
  );
  const patterns = TESTS.map((name) => `libs/${name}/`);
  run(node, [join(ROOT, 'node_modules/jest/bin/jest.js'), '--selectProjects', 'unit', '--silent', '--', ...patterns]);
  const seconds = Math.round((performance.now() - beganAt) / 1_000);
  console.log(`Node ${version}: built, started, a context stored and found, unit tests passed in ${seconds} s`);
}

/**
 * @param {string} version
 * @returns {string} path of the program
 */
function provide(version) {
  const name = `node-${process.platform}-${process.arch}`;
  const folder = join(CACHE, version);
  const program = join(folder, 'node_modules', name, 'bin/node');
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"private":true}\n');
    const args = ['install', `${name}@${version}`, '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', folder];
    execFileSync('npm', args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'], timeout: STEP_TIMEOUT_MS });
  }
  const reported = execFileSync(program, ['--version'], { encoding: 'utf8' }).trim();
  if (reported !== `v${version}`) throw new Error(`${program} is ${reported}, not v${version}`);
  return program;
}

/**
 * What a step says is shown where it fails, which ends the check.
 * @param {string} node
 * @param {readonly string[]} args
 */
function run(node, args) {
  const { status, error, stdout, stderr } = spawnSync(node, [...args], {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: STEP_TIMEOUT_MS,
  });
  if (status === 0) return;
  console.error(`${stdout}${stderr}`.split('\n').slice(-60).join('\n'));
  console.error(`${node} ${args.join(' ')} failed${error === undefined ? '' : `: ${error.message}`}`);
  process.exit(1);
}
