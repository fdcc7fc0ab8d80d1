import { ID_LENGTH } from './random-id.js';
import type { Cell } from './lease.js';
import type { Binding } from './stamps.js';

/*
 * Layout of what a key of the shared tier holds. The head has fixed places, so that scripts can judge and change it
 * without touching the payload:
 *
 *   0   kind       'E' entry, 'L' lease
 *   1   nonce      16 characters; '-' repeated in a lease
 *   17  lease      16 characters: token of the lease; '-' repeated where there is none
 *   33  deadline   13 digits: when a lease over an entry ends, milliseconds of the server's clock
 *   46  version    16 digits: of the value, for `setIfNewer`; 0 where it has none
 *   62  layout     version of this layout
 *   63  format     codec format
 *   64  flags
 *   65  loadedAt   float64, milliseconds
 *   73  softMs     uint32: refresh after, 0 for never
 *   77  hardMs     uint32: expired after
 *   81  loadMs     uint32: how long the load took
 *   85  bindingLength  uint16
 *   87  binding, payload
 */
export const HEAD_LENGTH = 46;
export const NO_LEASE = '-'.repeat(ID_LENGTH);
export const DEADLINE_LENGTH = 13;
const NO_DEADLINE = '0'.repeat(DEADLINE_LENGTH);
const LAYOUT_VERSION = 1;
const FIXED_LENGTH = 87;
/** Digits of the largest safe integer. */
export const VERSION_LENGTH = 16;
const ENTRY_KIND = 0x45;
const LEASE_KIND = 0x4c;

export const EntryFlag = { compressed: 1, negative: 2, failure: 4 } as const;

export interface EntryMeta {
  readonly nonce: string;
  readonly format: number;
  readonly flags: number;
  /** When the load began: the value is as old as that. */
  readonly loadedAtMs: number;
  readonly softMs: number;
  readonly hardMs: number;
  readonly loadMs: number;
  /** A safe integer from 0. */
  readonly version: number;
}

export function encodeLease(token: string): string {
  return `L${NO_LEASE}${token}${NO_DEADLINE}`;
}

export function encodeEntry(meta: EntryMeta, binding: Binding, payload: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(FIXED_LENGTH + binding.length + payload.length);
  bytes.write(
    `E${meta.nonce}${NO_LEASE}${NO_DEADLINE}${String(meta.version).padStart(VERSION_LENGTH, '0')}`,
    0,
    'latin1',
  );
  bytes[62] = LAYOUT_VERSION;
  bytes[63] = meta.format;
  bytes[64] = meta.flags;
  bytes.writeDoubleLE(meta.loadedAtMs, 65);
  bytes.writeUInt32LE(meta.softMs, 73);
  bytes.writeUInt32LE(meta.hardMs, 77);
  bytes.writeUInt32LE(Math.min(0xffffffff, Math.max(0, Math.round(meta.loadMs))), 81);
  bytes.writeUInt16LE(binding.length, 85);
  bytes.write(binding, FIXED_LENGTH, 'latin1');
  payload.copy(bytes, FIXED_LENGTH + binding.length);
  return bytes;
}

export function isLease(bytes: Buffer): boolean {
  return bytes[0] === LEASE_KIND && bytes.length === HEAD_LENGTH;
}

/** Whether the bytes are an entry of this layout, whole at least up to its binding. */
export function isEntry(bytes: Buffer): boolean {
  return (
    bytes.length >= FIXED_LENGTH &&
    bytes[0] === ENTRY_KIND &&
    bytes[62] === LAYOUT_VERSION &&
    bytes.length >= FIXED_LENGTH + bytes.readUInt16LE(85)
  );
}

/*
 * Readers of single fields: a hit needs a few of them, and building an object of all costs more than the read.
 * They assume `isEntry`.
 */
export const nonceOf = (bytes: Buffer): string => bytes.toString('latin1', 1, 1 + ID_LENGTH);
export const formatOf = (bytes: Buffer): number => bytes[63] as number;
export const flagsOf = (bytes: Buffer): number => bytes[64] as number;
export const loadedAtOf = (bytes: Buffer): number => bytes.readDoubleLE(65);
export const softMsOf = (bytes: Buffer): number => bytes.readUInt32LE(73);
export const hardMsOf = (bytes: Buffer): number => bytes.readUInt32LE(77);
export const loadMsOf = (bytes: Buffer): number => bytes.readUInt32LE(81);
export const versionTextOf = (bytes: Buffer): string =>
  bytes.toString('latin1', HEAD_LENGTH, HEAD_LENGTH + VERSION_LENGTH);
export const bindingIn = (bytes: Buffer): Binding =>
  bytes.toString('latin1', FIXED_LENGTH, FIXED_LENGTH + bytes.readUInt16LE(85));
export const payloadOf = (bytes: Buffer): Buffer => bytes.subarray(FIXED_LENGTH + bytes.readUInt16LE(85));

/** What the lease protocol sees of a key. Bytes that are neither lease nor entry count as an entry with the nonce they show. */
export function cellOf(bytes: Buffer | null): Cell {
  if (bytes === null) return { kind: 'absent' };
  const token = bytes.toString('latin1', 17, 33);
  if (isLease(bytes)) return { kind: 'lease', token };
  return {
    kind: 'entry',
    nonce: nonceOf(bytes),
    leaseToken: bytes.length < HEAD_LENGTH || token === NO_LEASE ? null : token,
    leaseDeadlineMs: Number(bytes.toString('latin1', 33, HEAD_LENGTH)) || 0,
  };
}

/** The entry with a lease written into its head, or with none. */
export function withLease(bytes: Buffer, token: string | null, deadlineMs: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.write(
    (token ?? NO_LEASE) +
      (token === null ? NO_DEADLINE : String(Math.trunc(deadlineMs)).padStart(DEADLINE_LENGTH, '0')),
    17,
    'latin1',
  );
  return copy;
}
