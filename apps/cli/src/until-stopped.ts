import { constants } from 'node:os';

type StopSignal = 'SIGTERM' | 'SIGINT';

/** What a shell sees of a process that a signal has ended. */
const codeOf = (signal: StopSignal) => 128 + constants.signals[signal];

/**
 * Waits for SIGTERM or SIGINT, then runs `stop`. A second signal ends the process at once, and so does a stop that
 * takes longer than `timeoutMs`: everything acknowledged is in the database by then.
 */
export async function untilStopped(timeoutMs: number, stop: () => Promise<void>): Promise<void> {
  await new Promise<void>((settle) => {
    process.once('SIGTERM', () => settle());
    process.once('SIGINT', () => settle());
  });
  process.once('SIGTERM', (signal) => process.exit(codeOf(signal as StopSignal)));
  process.once('SIGINT', (signal) => process.exit(codeOf(signal as StopSignal)));
  setTimeout(() => {
    console.error(`Not everything ended within ${timeoutMs} ms (SHUTDOWN_TIMEOUT_MS): stopping now.`);
    process.exit(1);
  }, timeoutMs).unref();
  await stop();
}
