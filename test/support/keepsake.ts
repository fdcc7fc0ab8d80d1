import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '#test/setup/services/free-port.mjs';
import { removeAtTheEnd } from '#test/setup/services/reaper.mjs';
import { type Api, api } from './api.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { copyEmbeddedTemplate } from './embedded-template.js';
import { eventually } from './eventually.js';

const PROGRAM = join(import.meta.dirname, '../../bin/keepsake.mjs');
const READY_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 30_000;

interface KeepsakeOptions {
  /** Over the defaults below; nothing else of this process's environment is passed on but the paths. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** `bin/keepsake.mjs` by default. */
  readonly program?: string;
  /** The command and its options. */
  readonly args?: readonly string[];
  /**
   * A database of its own on PostgreSQL, which `remove` drops. For tests that are of no database: this start takes half of
   * what one of the embedded database takes.
   */
  readonly onPostgres?: boolean;
  /** A temporary folder by default, which `remove` deletes; a given one stays. */
  readonly dataDir?: string;
  /** For the very first start on the embedded database; by default its schema is there already, and nothing else. */
  readonly empty?: boolean;
  readonly port?: number;
}

/** How a process came to its end. */
interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * The built product as a child process, on 127.0.0.1. Without `DATABASE_URL` in its `env` it has the embedded
 * database, in `dataDir`. It can be stopped, killed and started again on the same port, key and data.
 */
export class Keepsake {
  readonly url: string;
  /** The operator's key, set by `KEEPSAKE_BOOTSTRAP_KEY`. */
  readonly key: string;
  /** Speaks with that key. */
  readonly api: Api;
  /** What all starts of this server have written so far. */
  stdout = '';
  stderr = '';
  private child: ChildProcess | undefined;

  constructor(
    private readonly options: KeepsakeOptions,
    readonly port: number,
    readonly dataDir: string,
    private readonly database?: TestDatabase,
  ) {
    this.url = `http://127.0.0.1:${port}`;
    this.key = options.env?.['KEEPSAKE_BOOTSTRAP_KEY'] ?? `ks_test_${randomBytes(24).toString('hex')}`;
    this.api = api(this.url, this.key);
  }

  get pid(): number {
    if (this.child?.pid === undefined) throw new Error('this server was never started');
    return this.child.pid;
  }

  /** Returns when `/health/ready` answers 200. Throws, with the output, when the process ends before that. */
  async start(): Promise<void> {
    const child = this.spawn();
    try {
      await eventually(() => exitOf(child) !== undefined || this.isReady(), {
        timeoutMs: READY_TIMEOUT_MS,
        what: `${this.url}/health/ready`,
      });
    } catch (error) {
      await this.kill();
      throw new Error(`the server did not become ready:\n${this.stdout}${this.stderr}`, { cause: error });
    }
    if (exitOf(child)) throw new Error(`the server ended as it started:\n${this.stdout}${this.stderr}`);
  }

  /** Starts without waiting for anything; `exited` reports the end. For starts that are to fail. */
  spawn(): ChildProcess {
    const child = spawn(process.execPath, [this.options.program ?? PROGRAM, ...(this.options.args ?? ['serve'])], {
      cwd: this.dataDir,
      env: this.environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    const cleared = removeAtTheEnd({ kind: 'process', pid: this.pid, signal: 'SIGKILL' });
    child.once('exit', cleared);
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    return child;
  }

  /** Waits for the end of the process. */
  async exited(): Promise<Exit> {
    if (!this.child) throw new Error('this server was never started');
    if (!exitOf(this.child)) await once(this.child, 'exit');
    return exitOf(this.child) ?? { code: null, signal: null };
  }

  /** SIGTERM, and waits: the server drains. Throws when it has not ended after half a minute. */
  async stop(): Promise<Exit> {
    this.send('SIGTERM');
    return eventually(() => this.child && exitOf(this.child), {
      timeoutMs: STOP_TIMEOUT_MS,
      what: 'the server to stop',
    });
  }

  /** `kill -9`. */
  async kill(): Promise<Exit> {
    this.send('SIGKILL');
    return this.exited();
  }

  /** Does nothing when the process has ended. */
  send(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  /** Ends it if it runs, and deletes its temporary folder. */
  async remove(): Promise<void> {
    if (this.child) await this.kill();
    if (this.options.dataDir === undefined) await rm(this.dataDir, { recursive: true, force: true, maxRetries: 5 });
    await this.database?.drop();
  }

  private async isReady(): Promise<boolean> {
    return (await fetch(`${this.url}/health/ready`)).status === 200;
  }

  private environment(): Record<string, string | undefined> {
    const { PATH, HOME, TMPDIR } = process.env;
    return {
      PATH,
      HOME,
      TMPDIR,
      HOST: '127.0.0.1',
      PORT: String(this.port),
      KEEPSAKE_DATA_DIR: this.dataDir,
      KEEPSAKE_BOOTSTRAP_KEY: this.key,
      // Tests ask more in a second than a client in a minute; those of the limits turn them on.
      RATE_LIMIT_ENABLED: 'false',
      // Whatever else runs on this machine.
      EMBEDDING_PROVIDER: 'local',
      DATABASE_URL: this.database?.url,
      ...this.options.env,
    };
  }
}

/** Starts the built product and returns when it is ready. The caller ends it with `remove()`. */
export async function startKeepsake(options: KeepsakeOptions = {}): Promise<Keepsake> {
  const keepsake = await createKeepsake(options);
  try {
    await keepsake.start();
  } catch (error) {
    await keepsake.remove();
    throw error;
  }
  return keepsake;
}

/** A server that is not started yet. */
export async function createKeepsake(options: KeepsakeOptions = {}): Promise<Keepsake> {
  const dataDir = options.dataDir ?? (await temporaryFolder());
  const database = options.onPostgres ? await createTestDatabase() : undefined;
  const isEmbedded = database === undefined && options.env?.['DATABASE_URL'] === undefined;
  if (isEmbedded && options.dataDir === undefined && !options.empty) await copyEmbeddedTemplate(dataDir);
  return new Keepsake(options, options.port ?? (await freePort()), dataDir, database);
}

async function temporaryFolder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'keepsake-data-'));
  removeAtTheEnd({ kind: 'folder', path });
  return path;
}

function exitOf({ exitCode, signalCode }: ChildProcess): Exit | undefined {
  return exitCode === null && signalCode === null ? undefined : { code: exitCode, signal: signalCode };
}
