import { z } from 'zod';
import { entityId, pageOf, pageQuery } from '#http';
import { feedbackProject, userField } from '../feedback/feedback.dto.js';
import type { RankedContext } from './ranked-memory.js';

const MAX_TEXT_LENGTH = 4_000;

export const relevanceQuery = z
  .strictObject({
    ...pageQuery,
    project: feedbackProject,
    user: userField(),
    text: z.string().max(MAX_TEXT_LENGTH).optional().meta({ description: 'The situation, in words.' }),
    context: entityId('must be the id of a context')
      .optional()
      .meta({ description: 'The situation is what this context is about. It is not in the answer itself.' }),
  })
  .refine(({ text, context }) => text === undefined || context === undefined, {
    path: ['context'],
    error: 'can\'t be given beside "text"',
  });

const factor = z.number().min(0).max(1);

export const relevanceResponse = pageOf(
  z
    .object({
      contextId: z.uuid(),
      label: z.string(),
      version: z.int(),
      score: z.number().meta({ description: 'The weighted mean of the factors times `feedback`, 0 to 1.5.' }),
      factors: z.object({
        recency: factor.meta({ description: 'Halved with every half-life since it was stored or used.' }),
        frequency: factor.meta({
          description: 'How often it was read whole, cited or liked; never how often it was shown.',
        }),
        importance: factor.meta({ description: 'Of its priority.' }),
        match: factor.nullable().meta({ description: 'How well it fits the situation; null: none was named.' }),
        feedback: z.number().min(0.5).max(1.5).meta({ description: 'What the mean is multiplied by.' }),
      }),
    })
    .meta({ id: 'RelevantMemory' }),
).extend({
  degraded: z.boolean().meta({ description: 'Whether a part of the search for the situation did not run.' }),
  reason: z.string().nullable(),
});

export function toRankedResponse(ranked: RankedContext): z.infer<typeof relevanceResponse>['items'][number] {
  const { contextId, label, version, score, factors } = ranked;
  const { recency, frequency, importance, match, feedback } = factors;
  return {
    contextId,
    label,
    version,
    score: rounded(score),
    factors: {
      recency: rounded(recency),
      frequency: rounded(frequency),
      importance,
      match: match === null ? null : rounded(match),
      feedback: rounded(feedback),
    },
  };
}

function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
