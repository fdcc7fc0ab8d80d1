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
import { DataFolderLock, DataFolderLockedError } from './data-folder-lock.js';

describe('the lock of a data folder', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'keepsake-lock-'));
    file = join(folder, 'keepsake.lock');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** The id of a process that has ended. */
  const deadPid = () => spawnSync('true').pid;
  const acquire = () => DataFolderLock.acquire(folder);

  it('is had by one, until it is released', () => {
    const lock = acquire();
    expect(acquire).toThrow(DataFolderLockedError);
    expect(acquire).toThrow(`process ${process.pid}`);
    expect(DataFolderLock.findOwnerPid(folder)).toBe(process.pid);
    lock.release();
    expect(DataFolderLock.findOwnerPid(folder)).toBeUndefined();
    acquire().release();
  });

  it('makes the folder, for its owner alone', () => {
    const inner = join(folder, 'a', 'b');
    DataFolderLock.acquire(inner).release();
    expect(statSync(inner).mode & 0o777).toBe(0o700);
  });

  it.each([
    ['whose process has ended', () => JSON.stringify({ pid: deadPid(), startTicks: '1' })],
    ['whose number another process has now', () => JSON.stringify({ pid: process.ppid, startTicks: '1' })],
    ['of an earlier life of this number', () => JSON.stringify({ pid: process.pid, startTicks: '1' })],
    ['that a crash has cut short', () => '{"pid": 1'],
    ['that is empty', () => ''],
  ])('left by an owner %s is taken over at once', (_, content) => {
    writeFileSync(file, content());
    expect(DataFolderLock.findOwnerPid(folder)).toBeUndefined();
    const lock = acquire();
    expect(DataFolderLock.findOwnerPid(folder)).toBe(process.pid);
    expect(acquire).toThrow(DataFolderLockedError);
    expect(readdirSync(folder)).toEqual(['keepsake.lock']);
    lock.release();
    expect(existsSync(file)).toBe(false);
  });

  it('while another process takes it over is not taken as well', () => {
    writeFileSync(file, JSON.stringify({ pid: deadPid(), startTicks: '1' }));
    writeFileSync(join(folder, 'keepsake.lock.takeover'), JSON.stringify({ pid: process.ppid }));
    expect(acquire).toThrow(DataFolderLockedError);
    expect(readFileSync(file, 'utf8')).toContain('"startTicks":"1"');
  });

  it('whose takeover a crash has cut short is taken after a while', () => {
    writeFileSync(file, JSON.stringify({ pid: deadPid(), startTicks: '1' }));
    const guard = join(folder, 'keepsake.lock.takeover');
    writeFileSync(guard, '');
    utimesSync(guard, new Date(0), new Date(0));
    acquire().release();
    expect(readdirSync(folder)).toEqual([]);
  });
});
