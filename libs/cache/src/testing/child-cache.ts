import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { CacheSettings, CacheHealthReport } from '../cache-engine.js';
import type { ThingKey } from './test-families.js';

interface Reply {
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: string;
}

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

const PROGRAM = join(import.meta.dirname, 'child-cache-process.mjs');

/** The built cache in a process of its own. Whoever starts one ends it. */
export class ChildCache {
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;

  private constructor(private readonly child: ChildProcess) {
    child.on('message', ({ id, answer, error }: Reply) => {
      const waiting = this.waiting.get(id);
      this.waiting.delete(id);
      if (error === undefined) waiting?.resolve(answer as never);
      else waiting?.reject(new Error(error));
    });
    child.once('exit', () => {
      for (const waiting of this.waiting.values()) waiting.reject(new Error('the process has ended'));
    });
  }

  /** @param env over the path alone, such as certificates to trust */
  static async start(settings: CacheSettings, env: Readonly<Record<string, string>> = {}): Promise<ChildCache> {
    const child = fork(PROGRAM, {
      env: { PATH: process.env['PATH'], CACHE_SETTINGS: JSON.stringify(settings), ...env },
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => Promise.reject(new Error('the cache process ended as it started'))),
    ]);
    return new ChildCache(child);
  }

  key(key: ThingKey): Promise<string> {
    return this.ask('key', key);
  }

  read(key: ThingKey, value: unknown, loadMs = 0): Promise<unknown> {
    return this.ask('read', key, value, loadMs);
  }

  readMany(keys: readonly ThingKey[], value: unknown, loadMs = 0): Promise<unknown[]> {
    return this.ask('readMany', keys, value, loadMs);
  }

  loads(): Promise<number> {
    return this.ask('loads');
  }

  write(key: ThingKey): Promise<void> {
    return this.ask('write', key);
  }

  health(): Promise<CacheHealthReport> {
    return this.ask('health');
  }

  /** Counts new counters as fast as it can, until it is killed. */
  countForEver(): void {
    this.ask('countForEver').catch(() => undefined);
  }

  /** `kill -9`. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  private ask<Answer>(what: string, ...args: unknown[]): Promise<Answer> {
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.child.send({ id, do: what, args });
    });
  }
}
