import type { HttpConfig } from '#config';

/** What closing the database takes at the end, and a little more. */
const CLOSING_MS = 1_500;

/** How a process divides the time that it has to stop. */
export function stopTimes({ shutdownTimeoutMs }: Pick<HttpConfig, 'shutdownTimeoutMs'>): { readonly workMs: number } {
  return { workMs: Math.max(0, shutdownTimeoutMs - CLOSING_MS) };
}
