// @ts-check
/**
 * Loaded into a server under test: how much processor time its main thread used between two turns of the event loop, at most.
 * Waiting for a processor that others use does not count, nor does what other threads of the process do meanwhile (where
 * the system distinguishes them: Linux). SIGUSR2 has it written to the standard error, and begins again.
 */
import { existsSync, readFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const TICK_MS = 5;
/** On a processor, in nanoseconds; then what else the scheduler counts. The main thread has the number of the process. */
const SCHEDULER = `/proc/${process.pid}/task/${process.pid}/schedstat`;

const usedMs = existsSync(SCHEDULER)
  ? () => Number(readFileSync(SCHEDULER, 'latin1').split(' ')[0]) / 1e6
  : () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    };

if (isMainThread) {
  let before = usedMs();
  let longestMs = 0;
  const look = () => {
    const now = usedMs();
    longestMs = Math.max(longestMs, now - before);
    before = now;
  };
  setInterval(look, TICK_MS).unref();
  process.on('SIGUSR2', () => {
    process.stderr.write(`longest hold ${longestMs.toFixed(3)} ms\n`);
    longestMs = 0;
  });
}
