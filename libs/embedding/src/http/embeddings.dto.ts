import { z } from 'zod';
import { inputTypes, MAX_TEXT_LENGTH } from '../embedding.js';
import type { EmbeddingOutcome } from '../embedding.service.js';
import { toBase64 } from '../vector.js';

/** As many inputs as OpenAI takes in one request. */
const MAX_INPUTS = 2_048;

const inputText = z
  .string()
  .min(1)
  .max(MAX_TEXT_LENGTH)
  .refine((text) => text.trim() !== '', { error: 'must not be blank' });

/** OpenAI's request ("Create embeddings" of its API reference) with Voyage's `input_type`. */
export const createEmbeddingsBody = z.strictObject({
  input: z
    .union(
      [
        inputText,
        z.array(inputText).min(1, 'needs at least one text').max(MAX_INPUTS, `takes at most ${MAX_INPUTS} texts`),
      ],
      { error: ({ input }) => whatIsWrong(input) },
    )
    .meta({ description: 'A text, or several.' }),
  model: z.string().max(200).nullish().meta({
    description: 'Refused unless it is the model of this server, or one of EMBEDDING_MODEL_ALIASES: GET /v1/models.',
  }),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.int().min(1).max(4_096).nullish(),
  input_type: z
    .enum(inputTypes)
    .exclude(['none'])
    .nullish()
    .meta({ description: 'Whether the texts are looked for (`document`) or looked with (`query`).' }),
  user: z.string().max(256).nullish().meta({ description: 'Accepted, not used.' }),
});

export type CreateEmbeddingsBody = z.infer<typeof createEmbeddingsBody>;

/** Of what is neither a text nor an array of texts that a request may hold. */
function whatIsWrong(input: unknown): string {
  if (!Array.isArray(input)) return 'must be a text or an array of texts';
  if (isTokens(input))
    return 'holds tokens, which mean nothing to another tokenizer: send the texts themselves (LangChain: OpenAIEmbeddings with check_embedding_ctx_length=False)';
  const other = input.findIndex((item) => typeof item !== 'string');
  if (other >= 0) return `must be a text or an array of texts: item ${other} is none`;
  return `holds ${input.length} texts; one request takes at most ${MAX_INPUTS}`;
}

/** As clients send them that count them first: integers, or an array of integers for each text. */
function isTokens(input: readonly unknown[]): boolean {
  const [first] = input;
  return typeof first === 'number' || (Array.isArray(first) && first.every((token) => typeof token === 'number'));
}

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
  encodingFormat: 'float' | 'base64' | null = 'float',
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
