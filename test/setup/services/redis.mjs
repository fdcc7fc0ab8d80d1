// @ts-check
import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { choosePlace } from './choose-place.mjs';
import { Server, startOnPort } from './server.mjs';

/**
 * @typedef {object} RedisOptions
 * @property {RedisConfig} [config] directives of its configuration file, over the tests' own
 * @property {Readonly<Record<string, string>>} [files] contents by name, written where the server runs, which may see no
 *   other folder of this machine; directives name them without a folder
 * @property {number} [port] a free one by default
 * @property {string} [password] a random one by default
 * @property {boolean} [sentinel] whether it is a Sentinel
 * @property {import('./places/place.mjs').Network} [network]
 * @property {import('./places/place.mjs').Place} [place] the first that has it by default
 *
 * @typedef {Readonly<Record<string, string | number | readonly (string | number)[] | undefined>>} RedisConfig a list
 *   gives the directive several times, undefined leaves it out
 */

/** A private Valkey or Redis, by default without persistence. It asks for its password and listens on 127.0.0.1. */
export class RedisServer extends Server {
  /** @type {string} */
  password;
  /** @type {boolean} */
  #sentinel;

  /**
   * @param {import('./server.mjs').Site} site
   * @param {string} password
   * @param {boolean} sentinel
   */
  constructor(site, password, sentinel) {
    super(site);
    this.password = password;
    this.#sentinel = sentinel;
  }

  get url() {
    return `redis://:${this.password}@${this.host}:${this.port}`;
  }

  /**
   * One command on a connection of its own.
   *
   * @param {string} name
   * @param {...(string | number)} args
   * @returns {Promise<any>} the answer as the server gives it
   */
  async command(name, ...args) {
    const client = new Redis({
      host: this.host,
      port: this.port,
      password: this.password,
      lazyConnect: true,
      connectTimeout: 2_000,
      commandTimeout: 30_000,
      retryStrategy: () => null,
      enableReadyCheck: false,
      // ioredis keeps the process alive for this long after it closed a connection that was never made.
      disconnectTimeout: 50,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return await client.call(name, ...args);
    } finally {
      client.disconnect();
    }
  }

  /**
   * @protected
   * @override
   */
  launch() {
    const { place, folder, port, network } = this.site;
    const args = [`${folder.inside}/server.conf`, ...(this.#sentinel ? ['--sentinel'] : [])];
    return place.start('valkey-server', args, { folder, ports: [port], network, endSignal: 'SIGTERM' });
  }

  /** @override */
  async ping() {
    await this.command('PING');
  }

  /** Has the server write its data now, and keeps that dump under a name. */
  async keepDump(name = 'kept') {
    await this.command('SAVE');
    await this.site.folder.copyFile('dump.rdb', `${name}.rdb`);
  }

  /** Replaces the data by a kept dump, for the next start. Only while the server does not run. */
  async putBackDump(name = 'kept') {
    if (this.pid !== undefined) throw new Error('a running server would overwrite the dump that is put back');
    await this.site.folder.copyFile(`${name}.rdb`, 'dump.rdb');
  }
}

/**
 * @param {RedisOptions} [options]
 * @returns {Promise<RedisServer>} serving
 */
export async function startRedis({ config = {}, files = {}, port, password, sentinel = false, network, place } = {}) {
  const chosen = place ?? (await choosePlace('redis'));
  return startOnPort(port, async (free) => {
    const folder = await chosen.createFolder();
    const secret = password ?? randomBytes(12).toString('hex');
    const persistence = sentinel ? {} : { save: '""', appendonly: 'no', masterauth: secret };
    const directives = {
      bind: chosen.listenAddress,
      port: free,
      dir: folder.inside,
      requirepass: secret,
      ...persistence,
      ...config,
    };
    for (const [name, content] of Object.entries(files)) await folder.writeFile(name, content);
    await folder.writeFile('server.conf', configurationFile(directives));
    return new RedisServer({ place: chosen, folder, port: free, network }, secret, sentinel);
  });
}

/** @param {RedisConfig} directives */
function configurationFile(directives) {
  return Object.entries(directives)
    .flatMap(([name, value]) => [value ?? []].flat().map((one) => `${name} ${one}\n`))
    .join('');
}
