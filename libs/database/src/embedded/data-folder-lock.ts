import {
  closeSync,
  existsSync,
  fstatSync,
  linkSync,
  mkdirSync,
  openSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isAlive, isOfThisSpace, type LockOwner, readOwner, thisProcess } from './lock-owner.js';

export class DataFolderLockedError extends Error {
  constructor(dataDir: string, owner: LockOwner | undefined) {
    super(
      `The data folder ${dataDir} is in use by ${describeOwner(owner)}. One process owns an embedded database: stop that one, set KEEPSAKE_DATA_DIR to another folder, or set DATABASE_URL to a PostgreSQL server that many processes can share.`,
    );
    this.name = 'DataFolderLockedError';
  }
}

/** As messages name it: `process 12`, and where that is when it is not here. */
export function describeOwner(owner: LockOwner | undefined): string {
  if (owner === undefined) return 'another process';
  const elsewhere = isOfThisSpace(owner) ? '' : ` of another container or host (${owner.host ?? 'without a name'})`;
  return `process ${owner.pid}${elsewhere}`;
}

export const LOCK_FILE = 'keepsake.lock';
const TAKEOVER_FILE = 'keepsake.lock.takeover';
const TAKEOVER_STALE_MS = 5_000;

/** Times of the lock; the defaults are those of the product. */
interface LockTiming {
  /** How often the owner renews the lock. */
  readonly beatMs: number;
  /** An owner that can't be looked up and has not renewed for so long is gone. Many beats: a busy machine is no crash. */
  readonly silenceMs: number;
}

const TIMING: LockTiming = { beatMs: 1_000, silenceMs: 10_000 };

/** Called once, when another process has taken the folder: nothing may be written to it any more. */
type LostLock = (message: string) => void;

/**
 * Exclusive ownership of a data folder by one live process, among all that can reach the folder: of this host, of other
 * containers, of other hosts.
 *
 * The lock is a file that names its owner, who renews its time of change every second. An owner of the same PID
 * namespace is looked up by its number: where it was killed, the next process takes over at once. Any other owner is
 * watched: a renewal within ten seconds means that it lives. The owner's clock is never compared with one of here. Two
 * processes that take over at the same time are kept apart by a second file, so exactly one of them wins. An owner that
 * was stopped for longer, and was replaced, finds another id in the file, and is informed by `lost`.
 */
export class DataFolderLock {
  private readonly timer: NodeJS.Timeout;
  private isHeld = true;

  private constructor(
    private readonly path: string,
    private readonly owner: LockOwner,
    private readonly lost: LostLock,
    { beatMs }: LockTiming,
  ) {
    this.timer = setInterval(() => this.renew(), beatMs).unref();
  }

  /**
   * @throws DataFolderLockedError while another live process owns the folder; for an owner elsewhere that is known after
   * its next renewal.
   */
  static async acquire(dataDir: string, lost: LostLock, timing = TIMING): Promise<DataFolderLock> {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const path = join(dataDir, LOCK_FILE);
    const mine = thisProcess();
    if (!createExclusively(path, mine)) {
      const found = readOwner(path);
      if (found !== undefined && (await isLive(path, found, timing))) throw new DataFolderLockedError(dataDir, found);
      takeOver(dataDir, path, mine, found);
    }
    return new DataFolderLock(path, mine, lost, timing);
  }

  /** The live owner of `dataDir`, if there is one. */
  static async findOwner(dataDir: string, timing = TIMING): Promise<LockOwner | undefined> {
    const path = join(dataDir, LOCK_FILE);
    const owner = existsSync(path) ? readOwner(path) : undefined;
    return owner !== undefined && (await isLive(path, owner, timing)) ? owner : undefined;
  }

  /** Of this acquisition, as the file says it. */
  get id(): string {
    return this.owner.id;
  }

  release(): void {
    clearInterval(this.timer);
    if (this.isHeld && readOwner(this.path)?.id === this.id) rmSync(this.path, { force: true });
    this.isHeld = false;
  }

  private renew(): void {
    const found = readOwner(this.path);
    if (found?.id === this.id) {
      const now = new Date();
      // What keeps the time from being written keeps the next beat from nothing.
      ignoringErrors(() => utimesSync(this.path, now, now));
    } else if (found === undefined) ignoringErrors(() => void createExclusively(this.path, this.owner));
    else this.lose(found);
  }

  private lose(owner: LockOwner): void {
    clearInterval(this.timer);
    this.isHeld = false;
    this.lost(
      `The data folder was taken by ${describeOwner(owner)} while this process was stopped for too long. Nothing more is written to it.`,
    );
  }
}

/** Whether the file names another owner than `id`. A file that is gone names nobody. */
export function isTakenFrom(id: string, path: string): boolean {
  const owner = readOwner(path);
  return owner !== undefined && owner.id !== id;
}

async function isLive(path: string, owner: LockOwner, { beatMs, silenceMs }: LockTiming): Promise<boolean> {
  if (isOfThisSpace(owner)) return isAlive(owner);
  const first = timeOfChange(path);
  const until = performance.now() + silenceMs;
  while (performance.now() < until) {
    await pause(beatMs / 4);
    // A file that went, or names another one now, was released: whoever asks looks again.
    if (readOwner(path)?.id !== owner.id) return readOwner(path) !== undefined;
    if (timeOfChange(path) !== first) return true;
  }
  return false;
}

/** Through an open file: network file systems ask the server when a file is opened, and answer from memory otherwise. */
function timeOfChange(path: string): number | undefined {
  try {
    const file = openSync(path, 'r');
    try {
      return fstatSync(file).mtimeMs;
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

/** @param dead who was found to be gone */
function takeOver(dataDir: string, path: string, mine: LockOwner, dead: LockOwner | undefined): void {
  const guard = join(dataDir, TAKEOVER_FILE);
  if (!createExclusively(guard, mine)) {
    if (Date.now() - statSync(guard).mtimeMs < TAKEOVER_STALE_MS)
      throw new DataFolderLockedError(dataDir, readOwner(guard));
    rmSync(guard, { force: true });
    return takeOver(dataDir, path, mine, dead);
  }
  try {
    // Another process may have finished its takeover between the first look and the guard.
    const owner = readOwner(path);
    if (owner !== undefined && owner.id !== dead?.id) throw new DataFolderLockedError(dataDir, owner);
    rmSync(path, { force: true });
    if (!createExclusively(path, mine)) throw new DataFolderLockedError(dataDir, readOwner(path));
  } finally {
    rmSync(guard, { force: true });
  }
}

/** The file appears with its text in it: one that is empty for a moment would look like a crashed owner's. */
function createExclusively(path: string, owner: LockOwner): boolean {
  const mine = `${path}.${owner.id}`;
  writeFileSync(mine, JSON.stringify(owner), { mode: 0o600 });
  try {
    linkSync(mine, path);
    return true;
  } catch (error) {
    if (isAlreadyThere(error)) return false;
    return createWhereNothingLinks(path, owner);
  } finally {
    rmSync(mine, { force: true });
  }
}

/** File systems such as exFAT have no hard links. */
function createWhereNothingLinks(path: string, owner: LockOwner): boolean {
  try {
    writeFileSync(path, JSON.stringify(owner), { mode: 0o600, flag: 'wx' });
    return true;
  } catch (error) {
    if (isAlreadyThere(error)) return false;
    throw error;
  }
}

function isAlreadyThere(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EEXIST';
}

function ignoringErrors(work: () => void): void {
  try {
    work();
  } catch {
    // The folder is gone, or its file system is away: there is nothing to protect, or the next beat tries again.
  }
}
