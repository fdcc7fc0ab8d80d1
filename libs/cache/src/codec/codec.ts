const LONE_SURROGATE = /\p{Surrogate}/u;

/** Whether every UTF-16 surrogate of the text has its pair. UTF-8 can't carry one without. */
export function isWellFormed(text: string): boolean {
  return !LONE_SURROGATE.test(text);
}

/** The part of Standard Schema v1 (https://standardschema.dev) that the cache needs; zod schemas have it. */
export interface StandardSchema<Value> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Value> | Promise<StandardResult<Value>>;
  };
}

type StandardResult<Value> =
  { readonly value: Value; readonly issues?: undefined } | { readonly issues: readonly unknown[] };

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

/** Bytes as they are, such as serialised responses. Every caller gets a copy. */
export const bytesCodec: Codec<Uint8Array> = {
  formats: [Format.bytes],
  encode(value) {
    if (!(value instanceof Uint8Array)) throw new UncacheableValueError('This family stores bytes alone.');
    return { format: Format.bytes, bytes: Buffer.from(value.buffer, value.byteOffset, value.byteLength) };
  },
  decode: (bytes) => new Uint8Array(bytes),
  cloneForCaller: (value) => value.slice(),
  freeze: (value) => value,
  estimateBytes: (encodedLength) => encodedLength + 128,
};

/**
 * Vectors as little-endian float32: 4 bytes a dimension and nothing else. Typed arrays can't be frozen, so every
 * caller gets a copy.
 * @param dimensions where given, a vector of another length is corrupt (and so a miss), and refused for storing.
 */
export function float32Codec(dimensions?: number): Codec<Float32Array> {
  return {
    formats: [Format.float32],
    encode(value) {
      if (!(value instanceof Float32Array)) throw new UncacheableValueError('This family stores Float32Array alone.');
      if (dimensions !== undefined && value.length !== dimensions) {
        throw new UncacheableValueError(
          `This family stores vectors of ${dimensions} dimensions, not of ${value.length}.`,
        );
      }
      const bytes = Buffer.allocUnsafe(value.length * 4);
      for (let i = 0; i < value.length; i++) bytes.writeFloatLE(value[i] as number, i * 4);
      return { format: Format.float32, bytes };
    },
    decode(bytes) {
      if (bytes.length % 4 !== 0 || (dimensions !== undefined && bytes.length !== dimensions * 4)) {
        throw new CorruptValueError(
          `The stored vector has ${bytes.length / 4} dimensions${dimensions === undefined ? '' : `, not ${dimensions}`}.`,
        );
      }
      const vector = new Float32Array(bytes.length / 4);
      for (let i = 0; i < vector.length; i++) vector[i] = bytes.readFloatLE(i * 4);
      return vector;
    },
    cloneForCaller: (value) => value.slice(),
    freeze: (value) => value,
    estimateBytes: (encodedLength) => encodedLength + 128,
  };
}
