import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const POLL_MS = 100;

/**
 * Runs `work` while no other process does, waiting for as long as another one runs it. A process that was killed in
 * the middle holds nobody up.
 */
export function withBuildLock(folder, work) {
  mkdirSync(folder, { recursive: true });
  const lock = join(folder, 'build.lock');
  for (let isFirst = true; !take(lock); isFirst = false) {
    if (isFirst) console.error('Another process is building: waiting for it.');
    dropAbandoned(lock);
    // Nothing else is to happen in this process before there is a build.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MS);
  }
  try {
    return work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Written first and linked then, so that nobody ever sees a lock without its owner. */
function take(lock) {
  const mine = `${lock}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  try {
    linkSync(mine, lock);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(mine, { force: true });
  }
}

function dropAbandoned(lock) {
  try {
    process.kill(Number(readFileSync(lock, 'utf8')), 0);
  } catch (error) {
    // ESRCH: its owner is gone. ENOENT: it was released just now. EPERM: it lives, under another user.
    if (error.code === 'ESRCH') rmSync(lock, { force: true });
  }
}
