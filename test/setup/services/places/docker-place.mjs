// @ts-check
import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { removeAtTheEnd } from '#test/setup/services/reaper.mjs';
import { Running } from '#test/setup/services/running.mjs';

const execute = promisify(execFile);

/**
 * @typedef {object} Image
 * @property {string} name
 * @property {string} dataFolder inside, which the image gives to `user`; a volume made for it belongs to that user
 * @property {string} user whom the programs run as
 */

/**
 * Programs of an image. Every start is a container of its own on a volume that outlives it, so that a program can be
 * killed and started again on the same data.
 *
 * @param {Image} image
 * @returns {import('./place.mjs').Place}
 */
export function dockerPlace(image) {
  /** @type {WeakMap<import('./place.mjs').Folder, string>} */
  const volumes = new WeakMap();
  const volumeOf = (/** @type {import('./place.mjs').Folder} */ folder) => volumes.get(folder) ?? '';

  /**
   * @param {readonly string[]} runOptions
   * @param {readonly string[]} command
   * @param {string} volume
   */
  const once = (runOptions, command, volume) => [
    'run',
    '--rm',
    `--user=${image.user}`,
    `--volume=${volume}:${image.dataFolder}`,
    `--entrypoint=${command[0]}`,
    ...runOptions,
    image.name,
    ...command.slice(1),
  ];

  return {
    name: `the Docker image ${image.name}`,
    listenAddress: '0.0.0.0',

    async createFolder() {
      const volume = uniqueName();
      await execute('docker', ['volume', 'create', volume]);
      const volumeCleared = removeAtTheEnd({ kind: 'volume', name: volume });
      const outside = await mkdtemp(join(tmpdir(), 'keepsake-test-'));
      const outsideCleared = removeAtTheEnd({ kind: 'folder', path: outside });
      /** @type {import('./place.mjs').Folder} */
      const folder = {
        inside: image.dataFolder,
        logFile: join(outside, 'log'),
        async writeFile(name, content) {
          const writing = execute('docker', once(['--interactive'], ['tee', `${image.dataFolder}/${name}`], volume));
          writing.child.stdin?.end(content);
          await writing;
          await execute('docker', once([], ['chmod', '600', `${image.dataFolder}/${name}`], volume));
        },
        async copyFile(from, to) {
          const copy = ['cp', `${image.dataFolder}/${from}`, `${image.dataFolder}/${to}`];
          await execute('docker', once([], copy, volume));
        },
        async remove() {
          await execute('docker', ['volume', 'rm', '--force', volume]);
          volumeCleared();
          await rm(outside, { recursive: true, force: true });
          outsideCleared();
        },
      };
      volumes.set(folder, volume);
      return folder;
    },

    async openNetwork(ports) {
      const container = uniqueName();
      const cleared = removeAtTheEnd({ kind: 'container', name: container });
      await execute('docker', [
        'run',
        '--detach',
        `--name=${container}`,
        ...ports.map((port) => publish(port)),
        '--entrypoint=sleep',
        image.name,
        'infinity',
      ]);
      return {
        container,
        async close() {
          await execute('docker', ['rm', '--force', container]);
          cleared();
        },
      };
    },

    async run(program, args, folder) {
      return (await execute('docker', once([], [program, ...args], volumeOf(folder)))).stdout;
    },

    start(program, args, { folder, ports, endSignal, network }) {
      const container = uniqueName();
      const reach = network?.container ? [`--network=container:${network.container}`] : ports.map(publish);
      const options = [`--name=${container}`, '--sig-proxy=false', ...reach];
      return new Running('docker', once(options, [program, ...args], volumeOf(folder)), {
        logFile: folder.logFile,
        endSignal,
        controls: {
          leftover: { kind: 'container', name: container },
          send: (signal) => sendToContainer(container, signal),
        },
      });
    },
  };
}

/**
 * @param {string} container
 * @param {NodeJS.Signals} signal
 */
function sendToContainer(container, signal) {
  try {
    execFileSync('docker', ['kill', `--signal=${signal}`, container], { stdio: 'ignore' });
  } catch {
    // It has ended between the decision to signal it and the signal.
  }
}

function uniqueName() {
  return `keepsake-test-${randomBytes(6).toString('hex')}`;
}

/** @param {number} port */
function publish(port) {
  return `--publish=127.0.0.1:${port}:${port}`;
}
