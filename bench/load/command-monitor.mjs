// @ts-check
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Redis } from 'ioredis';

/**
 * Counts the commands that a server of Redis is sent. What a script does there is part of its one command. To watch costs the
 * server about as much as to answer: it is for runs that count, not for those that take times.
 */
export class CommandMonitor {
  /** Commands so far by name. @type {Map<string, number>} */
  byName = new Map();
  #monitor;
  #own;

  /** @param {Redis} monitor @param {Redis} own */
  constructor(monitor, own) {
    this.#monitor = monitor;
    this.#own = own;
    monitor.on('monitor', (_, [name = '', text], source) => {
      if (source === 'lua') return;
      if (name.toLowerCase() === 'echo') monitor.emit('seen', text);
      else this.byName.set(name.toLowerCase(), (this.byName.get(name.toLowerCase()) ?? 0) + 1);
    });
  }

  /** @param {string} url */
  static async start(url) {
    const own = new Redis(url);
    return new CommandMonitor(await own.monitor(), own);
  }

  /** How many came before this call. */
  async count() {
    const marker = randomUUID();
    /** @type {Promise<void>} */
    const seen = new Promise((resolve) => {
      const onSeen = (/** @type {string} */ text) => {
        if (text !== marker) return;
        this.#monitor.off('seen', onSeen);
        resolve();
      };
      this.#monitor.on('seen', onSeen);
    });
    await this.#own.echo(marker);
    await seen;
    return [...this.byName.values()].reduce((sum, each) => sum + each, 0);
  }

  async stop() {
    const ended = [once(this.#monitor, 'end'), once(this.#own, 'end')];
    this.#monitor.disconnect();
    this.#own.disconnect();
    await Promise.all(ended);
  }
}
