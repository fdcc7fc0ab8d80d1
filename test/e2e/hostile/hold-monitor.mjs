// @ts-check
/**
 * Loaded into a server under test: how much processor time it used between two turns of its event loop, at most. Waiting for
 * a processor that others use does not count. SIGUSR2 has it written to the standard error, and begins anew.
 */
import { isMainThread } from 'node:worker_threads';

const TICK_MS = 5;

if (isMainThread) {
  let before = process.cpuUsage();
  let longestMs = 0;
  const look = () => {
    const { user, system } = process.cpuUsage(before);
    longestMs = Math.max(longestMs, (user + system) / 1000);
    before = process.cpuUsage();
  };
  setInterval(look, TICK_MS).unref();
  process.on('SIGUSR2', () => {
    process.stderr.write(`longest hold ${longestMs} ms\n`);
    longestMs = 0;
  });
}
