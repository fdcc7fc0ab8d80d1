import { z } from 'zod';
import type { EmbeddingOutcome } from '../embedding.service.js';
import { toBase64 } from '../vector.js';

export const embeddingsResponse = z
  .object({
    object: z.literal('list'),
    data: z.array(
      z.object({
        object: z.literal('embedding'),
        index: z.int(),
        // The numbers are checked where they come in; a second look at each would cost more than everything else.
        embedding: z
          .union([z.string(), z.array(z.any())])
          .meta({ description: 'Numbers, or base64 of little-endian float32.' }),
      }),
    ),
    model: z.string(),
    usage: z.object({ prompt_tokens: z.int(), total_tokens: z.int() }),
  })
  .meta({ id: 'Embeddings' });

export function toEmbeddingsResponse(
  outcome: EmbeddingOutcome,
  encodingFormat: 'float' | 'base64',
): z.infer<typeof embeddingsResponse> {
  return {
    object: 'list',
    data: outcome.vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: encodingFormat === 'base64' ? toBase64(vector) : [...vector],
    })),
    model: outcome.model.model,
    usage: { prompt_tokens: outcome.tokens, total_tokens: outcome.tokens },
  };
}

/** Dollars as a plain decimal, never in scientific notation. */
export function toUsd(amount: number): string {
  const decimal = amount.toFixed(10);
  let end = decimal.length;
  while (decimal.charAt(end - 1) === '0') end--;
  return decimal.slice(0, decimal.charAt(end - 1) === '.' ? end - 1 : end);
}
