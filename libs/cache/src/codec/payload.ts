import { messageOf } from '#kernel';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { CorruptValueError, Format, UncacheableValueError } from './codec.js';
import { jsonCodec } from './json-codec.js';
import type { CacheFamily } from '../families/family.js';
import type { FamilyState } from '../families/registry.js';
import { EntryFlag, flagsOf, formatOf, payloadOf } from '../protocol/entry.js';
import type { WarnOnce } from '../metrics/warn-once.js';

const DEFAULT_MAX_BYTES = 4 * 1024 * 1024;
const DEFAULT_COMPRESS_ABOVE_BYTES = 8 * 1024;

export interface EncodedPayload {
  readonly format: number;
  readonly flags: number;
  readonly payload: Buffer;
}

/**
 * The payload of an entry, and the value as every later reader will get it.
 * @throws UncacheableValueError for what can't be stored, or is too large; CorruptValueError for what its own schema refuses.
 */
export function encodePayload<Params, Value>(
  family: CacheFamily<Params, Value>,
  value: Value,
): { readonly encoded: EncodedPayload; readonly copy: Value } {
  if (value === null) {
    const { format, bytes } = jsonCodec.encode(null);
    return { encoded: compress(family, format, EntryFlag.negative, bytes), copy: value };
  }
  const { format, bytes } = family.codec.encode(value);
  return { encoded: compress(family, format, 0, bytes), copy: checked(family, family.codec.decode(bytes, format)) };
}

/** A remembered failure, stored as data of the family's own making. */
export function encodeFailure<Params, Value>(family: CacheFamily<Params, Value>, failure: unknown): EncodedPayload {
  const { format, bytes } = jsonCodec.encode(failure);
  return compress(family, format, EntryFlag.failure, bytes);
}

/**
 * The value of an entry that came from the shared tier, checked: whatever is wrong with it is a `CorruptValueError`.
 */
export function decodePayload<Params, Value>(family: CacheFamily<Params, Value>, entry: Buffer): Value {
  const flags = flagsOf(entry);
  if ((flags & EntryFlag.negative) !== 0) return null as Value;
  const format = formatOf(entry);
  if (!family.codec.formats.includes(format))
    throw new CorruptValueError(`The entry has the format ${format}, which its family does not read.`);
  return checked(family, family.codec.decode(inflate(family, entry, flags), format));
}

export function decodeFailure<Params, Value>(family: CacheFamily<Params, Value>, entry: Buffer): unknown {
  return jsonCodec.decode(inflate(family, entry, flagsOf(entry)), formatOf(entry));
}

function checked<Params, Value>(family: CacheFamily<Params, Value>, value: Value): Value {
  const { schema } = family.definition;
  if (schema === undefined) return value;
  const result = schema['~standard'].validate(value);
  if (result instanceof Promise)
    throw new CorruptValueError(
      `The schema of the family ${family.name} is asynchronous; a cached value is checked at once.`,
    );
  if (result.issues !== undefined)
    throw new CorruptValueError(`The value does not pass the schema of the family ${family.name}.`);
  return result.value;
}

function compress<Params, Value>(
  family: CacheFamily<Params, Value>,
  format: number,
  flags: number,
  bytes: Buffer,
): EncodedPayload {
  const maxBytes = family.definition.maxBytes ?? DEFAULT_MAX_BYTES;
  if (bytes.length > maxBytes)
    throw new UncacheableValueError(
      `The value has ${bytes.length} bytes; the family ${family.name} stores up to ${maxBytes}.`,
    );
  if (
    format !== Format.float32 &&
    bytes.length > (family.definition.compressAboveBytes ?? DEFAULT_COMPRESS_ABOVE_BYTES)
  ) {
    const compressed = deflateRawSync(bytes, { level: 1 });
    if (compressed.length < bytes.length * 0.9)
      return { format, flags: flags | EntryFlag.compressed, payload: compressed };
  }
  return { format, flags, payload: bytes };
}

function inflate<Params, Value>(family: CacheFamily<Params, Value>, entry: Buffer, flags: number): Buffer {
  const payload = payloadOf(entry);
  if ((flags & EntryFlag.compressed) === 0) return payload;
  try {
    return inflateRawSync(payload, { maxOutputLength: family.definition.maxBytes ?? DEFAULT_MAX_BYTES });
  } catch (cause) {
    throw new CorruptValueError("The entry can't be decompressed.", { cause });
  }
}

/** A value as its callers get it and as it is stored: a miss and a hit never differ. */
export interface PreparedValue<Value> {
  readonly value: Value;
  readonly encoded: EncodedPayload;
}

/** Undefined where the value must not or can't be stored: then the caller gets what the source gave. */
export function prepareValue<Params, Value>(
  state: FamilyState<Params, Value>,
  value: Value,
  warnOnce: WarnOnce,
): PreparedValue<Value> | undefined {
  if (value === undefined) return undefined;
  const { family, stats } = state;
  try {
    const { isCacheable } = family.definition;
    if (value !== null && isCacheable !== undefined && !isCacheable(value)) return undefined;
    const { encoded, copy } = encodePayload(family, value);
    return { encoded, value: copy === null ? copy : family.codec.freeze(copy) };
  } catch (error) {
    stats.errors++;
    warnOnce.warn(family.name, messageOf(error));
    return undefined;
  }
}

/** What one caller gets of a value that several hold. */
export function cloneForCaller<Params, Value>(state: FamilyState<Params, Value>, value: Value): Value {
  return value === null || value === undefined ? value : state.family.codec.cloneForCaller(value);
}
