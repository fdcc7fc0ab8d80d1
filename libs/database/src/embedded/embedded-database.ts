import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { DataFolderLock, LOCK_FILE } from './data-folder-lock.js';

export interface EmbeddedWorkerData {
  readonly databaseDir: string;
  readonly socketPath: string;
  /** The lock that must name `lockId` for anything to be written. */
  readonly lockPath: string;
  readonly lockId: string;
}

export interface EmbeddedWorkerMessage {
  readonly kind: 'ready' | 'closed';
}

/** Where in the data folder the files of the database lie. */
export const EMBEDDED_FOLDER = 'postgres';

/** Names the folder of the local socket, so that the one of a process that was killed does not stay for ever. */
const SOCKET_NOTE = 'socket-folder';
const SOCKET_FOLDER = 'keepsake-socket-';

/** EX_UNAVAILABLE of sysexits.h. */
const LOST_EXIT_CODE = 69;

/** PostgreSQL clients name a local socket by its folder and a port number. */
const SOCKET_PORT = 5432;

/**
 * A PostgreSQL of one process, kept in a data folder. Data survives SIGKILL.
 *
 * It runs ONE server session: every connection to its socket shares one transaction state, so the pool on top has
 * exactly one connection. The socket lies in a folder that only this user can enter.
 */
export class EmbeddedDatabase {
  private constructor(
    /** Folder of the local socket, the `host` of a client. */
    readonly host: string,
    readonly port: number,
    private readonly worker: Worker,
    private readonly lock: DataFolderLock,
  ) {}

  /**
   * Where another process takes the folder later, since this one was stopped for long, this process ends at once.
   * @throws DataFolderLockedError while another process owns the folder.
   */
  static async open(dataDir: string): Promise<EmbeddedDatabase> {
    const folder = resolve(dataDir);
    const lock = await DataFolderLock.acquire(folder, endProcess);
    removeLastSocket(folder);
    const socketDir = mkdtempSync(join(tmpdir(), SOCKET_FOLDER));
    try {
      writeFileSync(join(folder, SOCKET_NOTE), socketDir, { mode: 0o600 });
      const worker = await startWorker({
        databaseDir: join(folder, EMBEDDED_FOLDER),
        socketPath: join(socketDir, `.s.PGSQL.${SOCKET_PORT}`),
        lockPath: join(folder, LOCK_FILE),
        lockId: lock.id,
      });
      return new EmbeddedDatabase(socketDir, SOCKET_PORT, worker, lock);
    } catch (error) {
      rmSync(socketDir, { recursive: true, force: true });
      lock.release();
      throw error;
    }
  }

  /** Writes everything out and gives the folder free. Clients must be closed before. */
  async close(): Promise<void> {
    await new Promise<void>((settle) => {
      this.worker.once('message', () => settle());
      this.worker.once('exit', () => settle());
      this.worker.postMessage('close');
    });
    await this.worker.terminate();
    rmSync(this.host, { recursive: true, force: true });
    this.lock.release();
  }
}

/** Nothing is written out on the way: the files belong to another process. */
function endProcess(message: string): never {
  writeSync(process.stderr.fd, `${message}\n`);
  process.exit(LOST_EXIT_CODE);
}

/** Nothing but a folder that was made by this product is removed, whatever the note says. */
function removeLastSocket(folder: string): void {
  const note = join(folder, SOCKET_NOTE);
  if (!existsSync(note)) return;
  const last = readFileSync(note, 'utf8');
  if (basename(last).startsWith(SOCKET_FOLDER) && dirname(last) === tmpdir())
    rmSync(last, { recursive: true, force: true });
}

function startWorker(workerData: EmbeddedWorkerData): Promise<Worker> {
  return new Promise((settle, fail) => {
    const worker = new Worker(new URL('./pglite.worker.js', import.meta.url), { workerData });
    const failOnExit = (code: number) =>
      fail(new Error(`The embedded database stopped at its start (exit code ${code}).`));
    worker.once('error', fail);
    worker.once('exit', failOnExit);
    worker.once('message', () => {
      worker.off('error', fail);
      worker.off('exit', failOnExit);
      settle(worker);
    });
  });
}
