import { z } from 'zod';
import { entityId, pageOf, pageQuery, textField } from '#http';
import { DEFAULT_PROJECT, projectSlug } from '#project';
import { MAX_METADATA_BYTES, type Metadata, metadataBytes } from '#kernel';
import { type Session, type SessionState, sessionStates } from '../session.js';

/** Longest summary of a session, in UTF-16 units. */
export const MAX_SUMMARY_LENGTH = 10_000;

export const metadata = z
  .record(z.string().max(200), z.json())
  .refine((value) => metadataBytes(value) <= MAX_METADATA_BYTES, `must be at most ${MAX_METADATA_BYTES} bytes of JSON`)
  .meta({ description: 'Free data of the client, kept as it is, but for the order of names in an object.' });
const summary = textField(MAX_SUMMARY_LENGTH);

export const startSessionBody = z
  .strictObject({
    project: projectSlug.default(DEFAULT_PROJECT),
    client: textField(200).nullish(),
    metadata: metadata.default({}),
  })
  .prefault({});
export const patchSessionBody = z.strictObject({
  metadata: metadata
    .nullish()
    .meta({ description: 'A JSON merge patch (RFC 7396): null removes a key. Null for all of it clears it.' }),
  summary: summary.nullish(),
  project: projectSlug.optional().meta({
    description: 'The project to work in from now on. What was done so far is handed over in the one that is left.',
  }),
});
export const endSessionBody = z.strictObject({ summary: summary.nullish() }).default({});
/** Of calls that say all in their path: nothing, or `{}`. */
export const emptyBody = z.strictObject({}).default({});
export const sessionParams = z.strictObject({ id: entityId() });
export const sessionsQuery = z.strictObject({
  ...pageQuery,
  project: projectSlug.optional(),
  state: z.enum(sessionStates).optional(),
});

export const sessionResponse = z
  .object({
    id: z.uuid(),
    project: z.string(),
    state: z
      .enum(sessionStates)
      .meta({ description: 'As of now: idle after 120 minutes without activity, expired after 24 hours, by default.' }),
    client: z.string().nullable(),
    metadata: z.record(z.string(), z.json()),
    summary: z.string().nullable(),
    createdAt: z.iso.datetime(),
    lastActiveAt: z.iso.datetime().meta({
      description:
        'Last activity, exact to 60 seconds by default: the first activity in that time is written at once, others are not.',
    }),
    expiresAt: z.iso.datetime().meta({ description: 'Slides with lastActiveAt.' }),
    endedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Session' });
export const sessionsResponse = pageOf(sessionResponse);

export type SessionResponse = z.infer<typeof sessionResponse>;

export function toSessionResponse(session: Session, state: SessionState): SessionResponse {
  return {
    id: session.id,
    project: session.project,
    state,
    client: session.client,
    metadata: toJson(session.metadata),
    summary: session.summary,
    createdAt: session.createdAt.toISOString(),
    lastActiveAt: session.lastActiveAt.toISOString(),
    expiresAt: session.expiresAt.toISOString(),
    endedAt: session.endedAt?.toISOString() ?? null,
  };
}

/** Metadata came in as JSON, so it goes out as JSON. */
export function toJson(value: Metadata): SessionResponse['metadata'] {
  return value as SessionResponse['metadata'];
}
