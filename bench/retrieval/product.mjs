// @ts-check
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PROGRAM = join(import.meta.dirname, '../../bin/keepsake.mjs');

/** The product over its own HTTP interface. */
export class Product {
  /**
   * @param {string} url
   * @param {string} key
   * @param {() => Promise<void>} stop
   */
  constructor(url, key, stop) {
    this.url = url;
    this.key = key;
    this.stop = stop;
  }

  /**
   * Starts the built product with an operator's key of its own: on `DATABASE_URL` where it is set, else embedded in a
   * temporary folder that `stop` deletes. A key of the database's own makes it speak to that server instead.
   */
  static async start() {
    const { KEEPSAKE_URL: runningUrl, KEEPSAKE_KEY: runningKey } = process.env;
    if (runningUrl && runningKey) return new Product(runningUrl, runningKey, async () => {});
    const dataDir = await mkdtemp(join(tmpdir(), 'keepsake-bench-'));
    const key = `ks_bench_${randomBytes(24).toString('hex')}`;
    const child = spawn(process.execPath, [PROGRAM, 'serve'], {
      env: {
        ...process.env,
        HOST: '127.0.0.1',
        PORT: '0',
        LOG_LEVEL: 'warn',
        KEEPSAKE_DATA_DIR: dataDir,
        KEEPSAKE_BOOTSTRAP_KEY: key,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = once(child, 'exit');
    const stop = async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await ended;
      await rm(dataDir, { recursive: true, force: true });
    };
    try {
      return new Product(await listeningUrl(child), key, stop);
    } catch (error) {
      await stop();
      throw error;
    }
  }

  /**
   * @param {'GET' | 'POST' | 'DELETE'} method
   * @param {string} path
   * @param {unknown} [body]
   * @returns {Promise<any>}
   */
  async call(method, path, body) {
    const answer = await fetch(new URL(path, this.url), {
      method,
      headers: {
        authorization: `Bearer ${this.key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
    return answer.json();
  }
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<string>}
 */
function listeningUrl(child) {
  return new Promise((settle, fail) => {
    let output = '';
    const read = (/** @type {Buffer} */ chunk) => {
      output += chunk.toString();
      const url = /listens on (http:\/\/\S+)/.exec(output)?.[1];
      if (url !== undefined) settle(url);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', () => fail(new Error(`The product ended as it started:\n${output}`)));
  });
}
