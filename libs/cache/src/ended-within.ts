import { setTimeout as pause } from 'node:timers/promises';

/** Waits for work to end, well or not, and no longer than `ms`; it goes on. Answers whether it has ended. */
export async function endedWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  const timeout = new AbortController();
  const ended = work.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([ended, pause(Math.max(0, ms), false, { signal: timeout.signal })]);
  } finally {
    timeout.abort();
  }
}
