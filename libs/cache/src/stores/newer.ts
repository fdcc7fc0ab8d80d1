import { isEntry, versionTextOf } from '../cache-entry.js';

/** Whether an entry may replace what a key holds under `setIfNewer`: anything but an entry of the same or a later version. */
export function isNewer(entry: Buffer, present: Buffer | null): boolean {
  return present === null || !isEntry(present) || versionTextOf(entry) > versionTextOf(present);
}
