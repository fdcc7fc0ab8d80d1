import { endianness } from 'node:os';

const IS_LITTLE_ENDIAN = endianness() === 'LE';

/** Scales to length 1 in place. A vector without a direction gets one, so that cosines are always defined. */
export function normalise(vector: Float32Array): Float32Array {
  let squares = 0;
  for (const value of vector) squares += value * value;
  if (squares === 0) {
    vector[0] = 1;
    return vector;
  }
  const scale = 1 / Math.sqrt(squares);
  for (let index = 0; index < vector.length; index++) vector[index] = (vector[index] as number) * scale;
  return vector;
}

/** Whether a model gave so many vectors, each of its length and of numbers alone. */
export function areVectors(vectors: readonly Float32Array[], count: number, dimensions: number): boolean {
  return (
    vectors.length === count &&
    vectors.every((vector) => vector.length === dimensions && vector.every((value) => Number.isFinite(value)))
  );
}

/** Little-endian float32, as the `base64` encoding of embeddings APIs has it. */
export function toBase64(vector: Float32Array): string {
  return toBytes(vector).toString('base64');
}

function toBytes(vector: Float32Array): Buffer {
  if (IS_LITTLE_ENDIAN) return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
  const bytes = Buffer.allocUnsafe(vector.length * 4);
  vector.forEach((value, index) => bytes.writeFloatLE(value, index * 4));
  return bytes;
}

/** Reads little-endian float32. Undefined where the bytes are no whole number of floats. */
export function fromBytes(bytes: Uint8Array): Float32Array | undefined {
  if (bytes.byteLength % 4 !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.byteLength / 4 }, (_, index) => view.getFloat32(index * 4, true));
}

/** Cosine similarity, -1 to 1; 0 where one has no direction. @throws RangeError for vectors of different lengths. */
export function cosine(left: Float32Array, right: Float32Array): number {
  if (left.length !== right.length)
    throw new RangeError(`Vectors of ${left.length} and ${right.length} dimensions can't be compared.`);
  let dot = 0;
  let leftSquares = 0;
  let rightSquares = 0;
  for (let index = 0; index < left.length; index++) {
    const a = left[index] as number;
    const b = right[index] as number;
    dot += a * b;
    leftSquares += a * a;
    rightSquares += b * b;
  }
  return leftSquares === 0 || rightSquares === 0 ? 0 : dot / Math.sqrt(leftSquares * rightSquares);
}
