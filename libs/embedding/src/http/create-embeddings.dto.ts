import { z } from 'zod';
import { inputTypes, MAX_TEXT_LENGTH } from '../embedding.js';

/** As many inputs as OpenAI takes in one request. */
const MAX_INPUTS = 2_048;

const inputText = z
  .string()
  .min(1, 'must not be empty')
  .max(MAX_TEXT_LENGTH, `must be at most ${MAX_TEXT_LENGTH} characters`)
  .refine((text) => text.trim() !== '', { error: 'must not be blank' });

/** OpenAI's request ("Create embeddings" of its API reference) with Voyage's `input_type`. */
export const createEmbeddingsBody = z.strictObject({
  input: z
    .union(
      [
        inputText,
        z.array(inputText).min(1, 'needs at least one text').max(MAX_INPUTS, `takes at most ${MAX_INPUTS} texts`),
      ],
      {
        error: ({ input }) =>
          isTokens(input)
            ? 'holds tokens; tokens mean nothing to another tokenizer: send the text itself'
            : 'must be a text or an array of texts',
      },
    )
    .meta({ description: 'A text, or several.' }),
  model: z.string().min(1).max(200).optional().meta({ description: 'Refused unless it is the model of this server.' }),
  encoding_format: z.enum(['float', 'base64']).default('float'),
  dimensions: z.int().min(1).max(4_096).optional(),
  input_type: z
    .enum(inputTypes)
    .exclude(['none'])
    .nullish()
    .meta({ description: 'Whether the texts are looked for (`document`) or looked with (`query`).' }),
  user: z.string().max(256).optional().meta({ description: 'Accepted, not used.' }),
});

export type CreateEmbeddingsBody = z.infer<typeof createEmbeddingsBody>;

function isTokens(input: unknown): boolean {
  return (
    Array.isArray(input) &&
    input.length > 0 &&
    input.every(
      (item) => typeof item === 'number' || (Array.isArray(item) && item.every((token) => typeof token === 'number')),
    )
  );
}
