import { z } from 'zod';
import { fromBytes } from '../vector.js';
import type { EmbeddingAnswer } from '../provider/embedding-provider.js';
import { MalformedAnswerError } from './provider-client.js';

/** The vectors are of another length than was asked for. */
export class OtherLengthError extends MalformedAnswerError {
  constructor(
    readonly length: number,
    asked: number,
  ) {
    super(`a vector has ${length} dimensions, not ${asked}.`);
  }
}

/** What OpenAI and Voyage both answer, reduced to what is used; an embedding is a list of numbers or base64 of float32. */
const answerSchema = z.object({
  data: z.array(
    z.object({ index: z.int().nonnegative().optional(), embedding: z.union([z.string(), z.array(z.unknown())]) }),
  ),
  usage: z
    .object({ total_tokens: z.int().nonnegative().optional(), prompt_tokens: z.int().nonnegative().optional() })
    .optional(),
});

/**
 * The vectors in an answer, in the order of the texts, whatever order the answer has.
 * @param estimatedTokens counted where the provider does not report
 * @throws MalformedAnswerError for another number of vectors, one missing or twice, another length (`OtherLengthError`), or
 * what is no finite number
 */
export function decodeEmbeddings(
  body: unknown,
  expected: { readonly count: number; readonly dimensions: number; readonly estimatedTokens: number },
): EmbeddingAnswer {
  const parsed = answerSchema.safeParse(body);
  if (!parsed.success) throw new MalformedAnswerError('it is not of the documented shape.');
  const { data, usage } = parsed.data;
  if (data.length !== expected.count)
    throw new MalformedAnswerError(`it has ${data.length} vectors for ${expected.count} texts.`);
  const vectors = Array.from<Float32Array | undefined>({ length: expected.count });
  data.forEach(({ index, embedding }, position) => {
    const place = index ?? position;
    if (place >= vectors.length || vectors[place] !== undefined)
      throw new MalformedAnswerError(`its indexes are not 0 to ${expected.count - 1}, each once.`);
    vectors[place] = toVector(embedding, expected.dimensions);
  });
  const tokens = usage?.total_tokens ?? usage?.prompt_tokens ?? expected.estimatedTokens;
  return { vectors: vectors as Float32Array[], tokens };
}

function toVector(embedding: string | readonly unknown[], dimensions: number): Float32Array {
  const vector = typeof embedding === 'string' ? fromBase64(embedding) : fromNumbers(embedding);
  if (vector.length !== dimensions) throw new OtherLengthError(vector.length, dimensions);
  for (const value of vector)
    if (!Number.isFinite(value)) throw new MalformedAnswerError('a vector holds what is no finite number.');
  return vector;
}

function fromBase64(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  const vector = bytes.length * 4 >= text.length * 3 - 12 ? fromBytes(bytes) : undefined;
  if (vector === undefined) throw new MalformedAnswerError('a vector is not base64 of float32.');
  return vector;
}

function fromNumbers(numbers: readonly unknown[]): Float32Array {
  if (!numbers.every((value) => typeof value === 'number'))
    throw new MalformedAnswerError('a vector holds what is no finite number.');
  return Float32Array.from(numbers as number[]);
}

/** Larger than any honest answer: 32 characters a number, and room for the rest. */
export function answerCapBytes(texts: number, dimensions: number): number {
  return 64 * 1024 + texts * (dimensions * 32 + 256);
}
