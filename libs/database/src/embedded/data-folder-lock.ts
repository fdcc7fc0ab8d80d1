import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Who owns a data folder: enough to tell a live owner from a number that the system gave to another process. */
interface LockOwner {
  readonly pid: number;
  /** Start time of the process in clock ticks since boot (field 22 of /proc/<pid>/stat), where the system tells it. */
  readonly startTicks: string | undefined;
}

export class DataFolderLockedError extends Error {
  constructor(dataDir: string, pid: number) {
    super(
      `The data folder ${dataDir} is in use by process ${pid}. One process owns an embedded database: stop that one, set KEEPSAKE_DATA_DIR to another folder, or set DATABASE_URL to a PostgreSQL server that many processes can share.`,
    );
    this.name = 'DataFolderLockedError';
  }
}

const LOCK_FILE = 'keepsake.lock';
const TAKEOVER_FILE = 'keepsake.lock.takeover';
const TAKEOVER_STALE_MS = 5_000;

/**
 * Exclusive ownership of a data folder by one live process.
 *
 * The lock is a file that names its owner. An owner killed by SIGKILL leaves the file behind; the next process sees
 * that the owner is gone and takes over at once. Two processes that take over at the same time are kept apart by a
 * second file, so exactly one of them wins.
 */
export class DataFolderLock {
  private constructor(private readonly path: string) {}

  /** @throws DataFolderLockedError while another live process owns the folder. */
  static acquire(dataDir: string): DataFolderLock {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const path = join(dataDir, LOCK_FILE);
    if (createExclusively(path)) return new DataFolderLock(path);
    const owner = readOwner(path);
    if (owner !== undefined && isAlive(owner)) throw new DataFolderLockedError(dataDir, owner.pid);
    return DataFolderLock.takeOver(dataDir, path);
  }

  /** Process id of the live owner of `dataDir`, if there is one. */
  static findOwnerPid(dataDir: string): number | undefined {
    const path = join(dataDir, LOCK_FILE);
    const owner = existsSync(path) ? readOwner(path) : undefined;
    return owner !== undefined && isAlive(owner) ? owner.pid : undefined;
  }

  release(): void {
    rmSync(this.path, { force: true });
  }

  private static takeOver(dataDir: string, path: string): DataFolderLock {
    const guard = join(dataDir, TAKEOVER_FILE);
    if (!createExclusively(guard)) {
      if (Date.now() - statSync(guard).mtimeMs < TAKEOVER_STALE_MS)
        throw new DataFolderLockedError(dataDir, readOwner(guard)?.pid ?? 0);
      rmSync(guard, { force: true });
      return DataFolderLock.acquire(dataDir);
    }
    try {
      // Another process may have finished its takeover between the first look and the guard.
      const owner = readOwner(path);
      if (owner !== undefined && isAlive(owner)) throw new DataFolderLockedError(dataDir, owner.pid);
      const mine = `${path}.${process.pid}`;
      writeFileSync(mine, ownerText(), { mode: 0o600 });
      renameSync(mine, path);
      return new DataFolderLock(path);
    } finally {
      rmSync(guard, { force: true });
    }
  }
}

/** The file appears with its text in it: one that is empty for a moment would look like a crashed owner's. */
function createExclusively(path: string): boolean {
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, ownerText(), { mode: 0o600 });
  try {
    linkSync(mine, path);
    return true;
  } catch (error) {
    if (isThere(error)) return false;
    return createWhereNothingLinks(path);
  } finally {
    rmSync(mine, { force: true });
  }
}

/** File systems such as exFAT have no hard links. */
function createWhereNothingLinks(path: string): boolean {
  try {
    writeFileSync(path, ownerText(), { mode: 0o600, flag: 'wx' });
    return true;
  } catch (error) {
    if (isThere(error)) return false;
    throw error;
  }
}

function isThere(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EEXIST';
}

function ownerText(): string {
  return JSON.stringify({ pid: process.pid, startTicks: startTicks(process.pid) } satisfies LockOwner);
}

function readOwner(path: string): LockOwner | undefined {
  try {
    const owner = JSON.parse(readFileSync(path, 'utf8')) as LockOwner;
    return Number.isInteger(owner.pid) ? owner : undefined;
  } catch {
    // A file cut short by a crash names nobody.
    return undefined;
  }
}

function isAlive(owner: LockOwner): boolean {
  if (owner.pid === process.pid) return owner.startTicks === startTicks(process.pid);
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return owner.startTicks === undefined || owner.startTicks === startTicks(owner.pid);
}

function startTicks(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name in parentheses may hold spaces: count fields after it. A zombie has ended.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'ended' : fields[19];
  } catch {
    return undefined;
  }
}
