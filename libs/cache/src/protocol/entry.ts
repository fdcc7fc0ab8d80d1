import { ID_LENGTH } from './random-id.js';
import type { Cell } from './lease.js';

/**
 * What an entry is bound to: the epoch and the stamps of its tags, as they were before its load. The entry is valid
 * while the same are current, and never again once one of them is gone: they are random and are never reused.
 *
 * One string, compared as a whole. `undefined` (a part is missing) matches nothing.
 */
export type Binding = string;

export function bindingOf(epoch: string | null, stamps: readonly (string | null)[]): Binding | undefined {
  if (epoch === null) return undefined;
  let binding = epoch;
  for (let i = 0; i < stamps.length; i++) {
    const stamp = stamps[i];
    if (stamp === null || stamp === undefined) return undefined;
    binding += `,${stamp}`;
  }
  return binding;
}

/**
 * Whether a reader that has just read `current` may share a load that runs already. Yes before the load starts (it
 * will see all that was acknowledged by now); after that, only while nothing was invalidated since: the load may have
 * read the source before a write that the reader must see.
 */
export function mayJoin(
  load: { readonly started: boolean; readonly binding: Binding | undefined },
  current: Binding | undefined,
): boolean {
  return !load.started || (current !== undefined && load.binding === current);
}

/*
 * Layout of what a key of the shared tier holds. The head has fixed places, so that scripts can judge and change it
 * without touching the payload:
 *
 *   0   kind       'E' entry, 'L' lease
 *   1   nonce      16 characters; '-' repeated in a lease
 *   17  lease      16 characters: token of the lease; '-' repeated where there is none
 *   33  deadline   13 digits: when a lease over an entry ends, milliseconds of the server's clock
 *   46  layout     version of this layout
 *   47  format     codec format
 *   48  flags
 *   49  loadedAt   float64, milliseconds
 *   57  softMs     uint32: refresh after, 0 for never
 *   61  hardMs     uint32: expired after
 *   65  loadMs     uint32: how long the load took
 *   69  bindingLength  uint16
 *   71  binding, payload
 */
const HEAD_LENGTH = 46;
const NO_LEASE = '-'.repeat(ID_LENGTH);
const DEADLINE_LENGTH = 13;
const NO_DEADLINE = '0'.repeat(DEADLINE_LENGTH);
const LAYOUT_VERSION = 2;
const FIXED_LENGTH = 71;
const ENTRY_KIND = 0x45;
const LEASE_KIND = 0x4c;

export const EntryFlag = { compressed: 1, negative: 2, failure: 4 } as const;

interface EntryMeta {
  readonly nonce: string;
  readonly format: number;
  readonly flags: number;
  /** When the load began: the value is as old as that. */
  readonly loadedAtMs: number;
  readonly softMs: number;
  readonly hardMs: number;
  readonly loadMs: number;
}

export function encodeLease(token: string): string {
  return `L${NO_LEASE}${token}${NO_DEADLINE}`;
}

export function encodeEntry(meta: EntryMeta, binding: Binding, payload: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(FIXED_LENGTH + binding.length + payload.length);
  bytes.write(`E${meta.nonce}${NO_LEASE}${NO_DEADLINE}`, 0, 'latin1');
  bytes[46] = LAYOUT_VERSION;
  bytes[47] = meta.format;
  bytes[48] = meta.flags;
  bytes.writeDoubleLE(meta.loadedAtMs, 49);
  bytes.writeUInt32LE(meta.softMs, 57);
  bytes.writeUInt32LE(meta.hardMs, 61);
  bytes.writeUInt32LE(Math.min(0xffffffff, Math.max(0, Math.round(meta.loadMs))), 65);
  bytes.writeUInt16LE(binding.length, 69);
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
    bytes[46] === LAYOUT_VERSION &&
    bytes.length >= FIXED_LENGTH + bytes.readUInt16LE(69)
  );
}

/*
 * Readers of single fields: a hit needs a few of them, and building an object of all costs more than the read.
 * They assume `isEntry`.
 */
export const nonceOf = (bytes: Buffer): string => bytes.toString('latin1', 1, 1 + ID_LENGTH);
export const formatOf = (bytes: Buffer): number => bytes[47] as number;
export const flagsOf = (bytes: Buffer): number => bytes[48] as number;
export const loadedAtOf = (bytes: Buffer): number => bytes.readDoubleLE(49);
export const softMsOf = (bytes: Buffer): number => bytes.readUInt32LE(57);
export const hardMsOf = (bytes: Buffer): number => bytes.readUInt32LE(61);
export const loadMsOf = (bytes: Buffer): number => bytes.readUInt32LE(65);
export const bindingIn = (bytes: Buffer): Binding =>
  bytes.toString('latin1', FIXED_LENGTH, FIXED_LENGTH + bytes.readUInt16LE(69));
export const payloadOf = (bytes: Buffer): Buffer => bytes.subarray(FIXED_LENGTH + bytes.readUInt16LE(69));

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
