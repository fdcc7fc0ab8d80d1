import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataFolderLock, DataFolderLockedError, isTakenFrom } from './data-folder-lock.js';

const TIMING = { beatMs: 20, silenceMs: 1_000 };

describe('the lock of a data folder', () => {
  let folder: string;
  let file: string;
  let lost: string[];
  let held: DataFolderLock[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'keepsake-lock-'));
    file = join(folder, 'keepsake.lock');
    lost = [];
    held = [];
  });
  afterEach(() => {
    for (const lock of held) lock.release();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The id of a process that has ended. */
  const deadPid = () => spawnSync('true').pid;
  const acquire = async () => {
    const lock = await DataFolderLock.acquire(folder, (message) => lost.push(message), TIMING);
    held.push(lock);
    return lock;
  };
  const ownerPid = async () => (await DataFolderLock.findOwner(folder, TIMING))?.pid;
  /** What the lock of a process of another container or host looks like from here. */
  const pretendElsewhere = () =>
    writeFileSync(
      file,
      JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), space: 'elsewhere', host: 'other', pid: 1 }),
    );

  it('is had by one, until it is released', async () => {
    const lock = await acquire();
    await expect(acquire()).rejects.toThrow(DataFolderLockedError);
    await expect(acquire()).rejects.toThrow(`process ${process.pid}.`);
    expect(await ownerPid()).toBe(process.pid);
    lock.release();
    expect(await ownerPid()).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
    await acquire();
  });

  it('makes the folder, for its owner alone', async () => {
    const inner = join(folder, 'a', 'b');
    (await DataFolderLock.acquire(inner, () => undefined)).release();
    expect(statSync(inner).mode & 0o777).toBe(0o700);
  });

  it.each([
    ['whose process has ended', () => JSON.stringify({ pid: deadPid(), startTicks: '1' })],
    ['whose number another process has now', () => JSON.stringify({ pid: process.ppid, startTicks: '1' })],
    ['of an earlier life of this number', () => JSON.stringify({ pid: process.pid, startTicks: '1' })],
    ['that a crash has cut short', () => '{"pid": 1'],
    ['that is empty', () => ''],
  ])('left by an owner %s is taken over at once', async (_, content) => {
    writeFileSync(file, content());
    expect(await ownerPid()).toBeUndefined();
    const lock = await acquire();
    expect(await ownerPid()).toBe(process.pid);
    await expect(acquire()).rejects.toThrow(DataFolderLockedError);
    expect(readdirSync(folder)).toEqual(['keepsake.lock']);
    lock.release();
    expect(existsSync(file)).toBe(false);
  });

  it('while another process takes it over is not taken as well', async () => {
    writeFileSync(file, JSON.stringify({ pid: deadPid(), startTicks: '1' }));
    writeFileSync(join(folder, 'keepsake.lock.takeover'), JSON.stringify({ pid: process.ppid }));
    await expect(acquire()).rejects.toThrow(DataFolderLockedError);
    expect(readFileSync(file, 'utf8')).toContain('"startTicks":"1"');
  });

  it('whose takeover a crash has cut short is taken after a while', async () => {
    writeFileSync(file, JSON.stringify({ pid: deadPid(), startTicks: '1' }));
    const guard = join(folder, 'keepsake.lock.takeover');
    writeFileSync(guard, '');
    utimesSync(guard, new Date(0), new Date(0));
    (await acquire()).release();
    expect(readdirSync(folder)).toEqual([]);
  });

  describe('T72 of an owner in another PID namespace, container or host', () => {
    it('is not taken while the owner renews it, whatever process has its number here', async () => {
      await acquire();
      pretendElsewhere();
      await expect(acquire()).rejects.toThrow('process 1 of another container or host (other)');
      expect(await ownerPid()).toBe(1);
      expect(lost).toEqual([]);
    });

    it('is taken once the owner has been silent, whatever its clock said', async () => {
      writeFileSync(file, JSON.stringify({ id: 'gone', pid: process.pid, space: 'elsewhere' }));
      const future = new Date(Date.now() + 3_600_000);
      utimesSync(file, future, future);
      expect(await ownerPid()).toBeUndefined();
      const lock = await acquire();
      expect(isTakenFrom('gone', file)).toBe(true);
      expect(isTakenFrom(lock.id, file)).toBe(false);
    });

    it('is taken by one of several that wait for the same silent owner', async () => {
      writeFileSync(file, JSON.stringify({ id: 'gone', pid: 1, space: 'elsewhere' }));
      const results = await Promise.allSettled([acquire(), acquire(), acquire()]);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(lost).toEqual([]);
    });
  });

  it('that another process took is reported to the owner that was stopped meanwhile, and is left to the new one', async () => {
    const lock = await acquire();
    const taken = JSON.stringify({ id: 'new', pid: 1, space: 'elsewhere', host: 'other' });
    writeFileSync(file, taken);
    while (lost.length === 0) await new Promise((settle) => setTimeout(settle, TIMING.beatMs));
    expect(lost).toEqual([expect.stringContaining('was taken by process 1 of another container or host (other)')]);
    lock.release();
    expect(readFileSync(file, 'utf8')).toBe(taken);
  });

  it('whose file was deleted is written again by its owner', async () => {
    const lock = await acquire();
    rmSync(file);
    while (!existsSync(file)) await new Promise((settle) => setTimeout(settle, TIMING.beatMs));
    expect(isTakenFrom(lock.id, file)).toBe(false);
    expect(lost).toEqual([]);
  });
});
