import { type Codec, CorruptValueError, Format, UncacheableValueError } from './codec.js';

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
