import { z } from 'zod';
import { clientNameField } from '#conversation';
import { entityId, pageOf, pageQuery, textField } from '#http';
import { DEFAULT_PROJECT, projectSlug } from '#project';
import { feedbackKinds } from '../relevance.js';
import type { Feedback, FeedbackValue } from './feedback.js';

const MAX_NOTE_LENGTH = 2_000;
const MAX_DWELL_SECONDS = 86_400;

export const feedbackProject = projectSlug.default(DEFAULT_PROJECT);
export const userField = () => clientNameField().meta({ description: 'The user, by the name that you have for them.' });
const contextId = entityId('must be the id of a context');

/** What each kind says, where it says more than that it happened. */
const VALUES = {
  thumbs: z.enum(['up', 'down']),
  rating: z.int().min(1).max(5),
  dwell: z.number().min(0).max(MAX_DWELL_SECONDS),
  note: textField(MAX_NOTE_LENGTH),
} as const;

const EXPECTED = {
  thumbs: 'up or down',
  rating: 'a whole number from 1 to 5',
  dwell: `seconds, from 0 to ${MAX_DWELL_SECONDS}`,
  note: `a text of at most ${MAX_NOTE_LENGTH} characters`,
} as const;

export const feedbackBody = z
  .strictObject({
    project: feedbackProject,
    user: userField(),
    contextId: contextId.meta({ description: 'The context that it is about.' }),
    kind: z.enum(feedbackKinds).meta({
      description:
        'thumbs: up or down; rating: 1 to 5; dwell: how long it was looked at; click: it was opened; cite: an answer rests on it; note: a text.',
    }),
    // Two plain types would be one schema with a list of types, which some clients of MCP refuse.
    value: z
      .union([z.string().max(MAX_NOTE_LENGTH), z.number().min(0).max(MAX_DWELL_SECONDS)])
      .nullish()
      .meta({
        description: `thumbs: ${EXPECTED.thumbs}; rating: ${EXPECTED.rating}; dwell: ${EXPECTED.dwell}; note: ${EXPECTED.note}; click and cite have none.`,
      }),
    clientId: clientNameField()
      .nullish()
      .meta({ description: 'How you know it: the same one of a user again in a project stores nothing more.' }),
  })
  .superRefine(({ kind, value }, context) => {
    const problem = problemOf(kind, toFeedbackValue(kind, value));
    if (problem !== undefined) context.addIssue({ code: 'custom', path: ['value'], message: problem });
  });

/** As it is stored; a number may come as its text. */
export function toFeedbackValue(kind: Feedback['kind'], value: unknown): FeedbackValue {
  const isNumber = kind === 'rating' || kind === 'dwell';
  return isNumber && typeof value === 'string' && value.trim() !== ''
    ? Number(value)
    : ((value ?? null) as FeedbackValue);
}

function problemOf(kind: Feedback['kind'], value: FeedbackValue): string | undefined {
  if (kind === 'click' || kind === 'cite') return value === null ? undefined : `has no meaning for ${kind}`;
  return VALUES[kind].safeParse(value).success ? undefined : `must be ${EXPECTED[kind]} for ${kind}`;
}

export const feedbackQuery = z.strictObject({
  ...pageQuery,
  project: feedbackProject,
  user: userField().optional(),
  context: contextId.optional(),
});

export const feedbackResponse = z
  .object({
    id: z.uuid(),
    project: z.string(),
    user: z.string(),
    contextId: z.uuid(),
    kind: z.enum(feedbackKinds),
    value: z.union([z.string(), z.number()]).nullable(),
    clientId: z.string().nullable(),
    status: z
      .enum(['stored', 'duplicate'])
      .optional()
      .meta({ description: 'What became of it: of the answer to a POST.' }),
    createdAt: z.iso.datetime(),
    createdBy: z.string().nullable().meta({ description: '`key:` and the id of the key, or `jwt:` and the subject.' }),
  })
  .meta({ id: 'Feedback' });

export const feedbackListResponse = pageOf(feedbackResponse);

export function toFeedbackResponse(feedback: Feedback): z.infer<typeof feedbackResponse> {
  const { id, project, user, contextId: context, kind, value, clientId, createdAt, createdBy } = feedback;
  return {
    id,
    project,
    user,
    contextId: context,
    kind,
    value,
    clientId,
    createdAt: createdAt.toISOString(),
    createdBy,
  };
}
