// @ts-check
/**
 * Packs the product, installs the tarball in an empty folder, starts what is installed there, stores a context and finds
 * it. The tarball holds no sources and no tests.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = join(import.meta.dirname, '..');
const INSTALL_TIMEOUT_MS = 600_000;
const START_TIMEOUT_MS = 120_000;
/** What is no part of an installation. */
const FOREIGN = /^(apps|libs|test|docs\/adr|\.ci|\.cache)\/|\.(spec|int-spec)\.|\.ts$|\.map$/;
/** What the program can't do without. */
const NEEDED = ['bin/keepsake.mjs', 'dist/bundle/main.js', 'README.md', 'LICENSE', '.env.example'];

const folder = mkdtempSync(join(tmpdir(), 'keepsake-package-'));
try {
  const tarball = pack();
  install(tarball);
  await tryIt();
  console.log('the package: packed, installed in an empty folder, started, a context stored and found');
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
  if (missing.length > 0) throw new Error(`the tarball lacks ${missing.join(', ')}`);
  return join(folder, filename);
}

/** @param {string} tarball */
function install(tarball) {
  const home = join(folder, 'installed');
  mkdirSync(home);
  writeFileSync(join(home, 'package.json'), '{"private":true}\n');
  npm(['install', tarball, '--no-audit', '--no-fund'], home);
}

async function tryIt() {
  const program = join(folder, 'installed/node_modules/.bin/keepsake');
  const key = 'ks_package_0123456789abcdef0123456789abcdef';
  const { PATH, HOME } = process.env;
  const server = spawn(program, ['serve', '--json'], {
    cwd: folder,
    env: { PATH, HOME, PORT: '0', LOG_LEVEL: 'error', KEEPSAKE_BOOTSTRAP_KEY: key },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise((settle) => server.once('exit', settle));
  try {
    const url = await listening(server);
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ project: 'packed', label: 'first', content: 'The tarball remembers lighthouses.' });
    const stored = await fetch(`${url}/v1/contexts`, { method: 'POST', headers, body });
    if (stored.status !== 201) throw new Error(`storing answers ${stored.status}: ${await stored.text()}`);
    const found = await fetch(`${url}/v1/search?project=packed&q=lighthouses`, { headers });
    const { items } = /** @type {{ items: { label: string }[] }} */ (await found.json());
    if (items[0]?.label !== 'first') throw new Error(`the search finds ${JSON.stringify(items)}`);
  } finally {
    server.kill('SIGTERM');
    await ended;
  }
}

/**
 * @param {import('node:child_process').ChildProcessByStdio<null, null, import('node:stream').Readable>} server
 * @returns {Promise<string>} its address
 */
function listening(server) {
  return new Promise((settle, fail) => {
    const said = /** @type {string[]} */ ([]);
    const late = setTimeout(() => fail(new Error(`the server does not listen:\n${said.join('\n')}`)), START_TIMEOUT_MS);
    server.once('exit', () => fail(new Error(`the server ended:\n${said.join('\n')}`)));
    createInterface({ input: server.stderr }).on('line', (line) => {
      said.push(line);
      const url = line.startsWith('{') ? JSON.parse(line).listening?.url : undefined;
      if (url === undefined) return;
      clearTimeout(late);
      settle(url);
    });
  });
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
