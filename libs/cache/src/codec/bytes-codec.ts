import { type Codec, Format, UncacheableValueError } from './codec.js';

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
