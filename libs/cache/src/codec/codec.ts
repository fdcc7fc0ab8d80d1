/** The bytes of a value and how they were made. */
export interface EncodedValue {
  readonly format: number;
  readonly bytes: Buffer;
}

/**
 * Turns values into bytes and back. A codec never revives code and never sets a prototype: what comes out of the
 * shared tier is data, whoever wrote it.
 */
export interface Codec<Value> {
  /** The formats this codec writes and reads. */
  readonly formats: readonly number[];
  /** @throws UncacheableValueError for what would not come back as it was. */
  encode(value: Value): EncodedValue;
  /** @throws CorruptValueError for bytes that this codec did not write. */
  decode(bytes: Buffer, format: number): Value;
  /** A value that a caller may keep: the same one deeply frozen, or a copy where it can't be frozen. */
  cloneForCaller(value: Value): Value;
  /** Makes a decoded value safe to keep in this process and hand to many. */
  freeze(value: Value): Value;
  /** Estimated bytes of a decoded value in memory, given its encoded length. */
  estimateBytes(encodedLength: number): number;
}

/** Every format ever written, so that two never share a number. */
export const Format = { plainJson: 1, taggedJson: 2, float32: 3, bytes: 4 } as const;

export class UncacheableValueError extends Error {
  override readonly name = 'UncacheableValueError';
}

export class CorruptValueError extends Error {
  override readonly name = 'CorruptValueError';
}
