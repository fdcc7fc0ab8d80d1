// @ts-check
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { choosePlace } from './choose-place.mjs';
import { Server, startOnPort } from './server.mjs';

const USER = 'keepsake';

/** Nothing of it has to survive the tests, so it need not wait for the disk. */
const FORGETFUL = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
const DURABLE = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' };

/**
 * @typedef {object} PostgresOptions
 * @property {boolean} [durable] whether every acknowledged commit survives `kill()`; it costs time
 * @property {number} [port] a free one by default
 * @property {Readonly<Record<string, string | number>>} [settings] server settings, over the tests' own
 * @property {import('./places/place.mjs').Place} [place] the first that has PostgreSQL by default
 */

/** A private PostgreSQL with pgvector's files. It listens on 127.0.0.1 alone, its one role has a random password. */
export class PostgresServer extends Server {
  /** @type {string} */
  password;
  /** @type {Readonly<Record<string, string | number>>} */
  #settings;

  /**
   * @param {import('./server.mjs').Site} site
   * @param {string} password
   * @param {Readonly<Record<string, string | number>>} settings
   */
  constructor(site, password, settings) {
    super(site);
    this.password = password;
    this.#settings = settings;
  }

  /** Of the maintenance database; the role may create others. */
  get url() {
    return this.urlOf('postgres');
  }

  /** @param {string} database */
  urlOf(database) {
    return `postgres://${USER}:${this.password}@${this.host}:${this.port}/${database}`;
  }

  /**
   * @protected
   * @override
   */
  launch() {
    const { place, folder, port } = this.site;
    const settings = { ...this.#settings, listen_addresses: place.listenAddress, port };
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    // SIGQUIT is PostgreSQL's immediate shutdown: at once, with all its processes, leaving no shared memory behind.
    const options = { folder, ports: [port], endSignal: /** @type {const} */ ('SIGQUIT') };
    return place.start('postgres', ['-D', `${folder.inside}/db`, ...args], options);
  }

  /** @override */
  async ping() {
    const client = new Client({ connectionString: this.url, connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('SELECT 1');
    } finally {
      await client.end();
    }
  }

  /**
   * PostgreSQL's fast shutdown, which does not wait for its clients.
   *
   * @protected
   * @override
   * @returns {NodeJS.Signals}
   */
  get stopSignal() {
    return 'SIGINT';
  }
}

/**
 * @param {PostgresOptions} [options]
 * @returns {Promise<PostgresServer>} serving
 */
export async function startPostgres({ durable = false, port, settings = {}, place } = {}) {
  const chosen = place ?? (await choosePlace('postgres'));
  return startOnPort(port, async (free) => {
    const folder = await chosen.createFolder();
    const password = randomBytes(12).toString('hex');
    await initialise(chosen, folder, password);
    return new PostgresServer({ place: chosen, folder, port: free }, password, {
      ...(durable ? DURABLE : FORGETFUL),
      unix_socket_directories: '',
      hba_file: `${folder.inside}/hba.conf`,
      // A chroot's /dev/shm is not shared memory, and not writable to everyone.
      dynamic_shared_memory_type: 'mmap',
      max_connections: 200,
      ...settings,
    });
  });
}

/**
 * @param {import('./places/place.mjs').Place} place
 * @param {import('./places/place.mjs').Folder} folder
 * @param {string} password
 */
async function initialise(place, folder, password) {
  await folder.writeFile('password', password);
  // From a container's point of view its clients come from another address than 127.0.0.1.
  await folder.writeFile('hba.conf', 'host all all all scram-sha-256\n');
  await place.run(
    'initdb',
    [
      `--pgdata=${folder.inside}/db`,
      `--username=${USER}`,
      `--pwfile=${folder.inside}/password`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      `--locale=${process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8'}`,
      '--no-sync',
      // The password is random and its server short-lived: proving it thousands of times over only costs time.
      '--set=scram_iterations=1',
      '--set=dynamic_shared_memory_type=mmap',
    ],
    folder,
  );
}
