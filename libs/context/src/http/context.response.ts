import { z } from 'zod';
import { authorFields, pageOf, toAuthorResponse } from '#http';
import { type Context, type ContextSummary, type EmbeddingState, embeddingStates } from '../context.js';
import type { Forgotten } from '../store/context-deletion.service.js';
import type { StoredContext } from '../store/context-draft.js';
import { priorities } from '../extract/priority.js';
import { endOf, OF_TODAY, slotOf, startOf } from '../validity/validity.js';

const summaryFields = {
  id: z.uuid(),
  project: z.string(),
  label: z.string(),
  version: z.int(),
  contentHash: z.string().meta({ description: "SHA-256 of the content's UTF-8 bytes, in hexadecimal." }),
  contentBytes: z.int(),
  preview: z.string(),
  keyConcepts: z.array(z.string()),
  tags: z.array(z.string()),
  priority: z.enum(priorities),
  priorityDetected: z.boolean().meta({ description: 'Whether the priority was read from the text.' }),
  sessionId: z.uuid().nullable(),
  metadata: z.record(z.string(), z.json()),
  embedding: z.enum(embeddingStates).meta({
    description: 'Whether search finds this version by its meaning: pending until it is embedded, off where it is not.',
  }),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  archivedAt: z.iso.datetime().nullable(),
  archiveReason: z.string().nullable(),
  ...authorFields,
  validFrom: z.iso.datetime().meta({ description: 'From when on it is true; when it was stored, where nobody said.' }),
  validTo: z.iso
    .datetime()
    .nullable()
    .meta({ description: 'Until when it is true, exclusive: what its author gave, or when another takes its place.' }),
  supersededBy: z
    .uuid()
    .nullable()
    .meta({ description: 'The context that takes its place, from a time that may be yet to come.' }),
  slot: z.object({ subject: z.string(), attribute: z.string() }).nullable(),
  asOf: z
    .object({ time: z.iso.datetime(), today: z.array(z.string()) })
    .optional()
    .meta({ description: 'The time that was asked for, and what is of today all the same. Absent: all is.' }),
};

const summaryResponse = z.object(summaryFields).meta({ id: 'ContextSummary' });
export const summariesResponse = pageOf(summaryResponse);
export const contextResponse = z.object({ ...summaryFields, content: z.string() }).meta({ id: 'Context' });

export const similarResponse = z.object({
  id: z.uuid(),
  label: z.string(),
  version: z.int(),
  similarity: z.number().meta({ description: 'Share of three-word sequences that both texts have, 0 to 1.' }),
});
export const storedResponse = z
  .object({
    ...contextResponse.shape,
    unchanged: z.boolean().meta({ description: 'Nothing was written: this version was there already.' }),
    similarTo: z.array(similarResponse).meta({ description: 'Other labels that say nearly the same, at most five.' }),
  })
  .meta({ id: 'StoredContext' });

export const deletedResponse = z
  .object({ removed: z.object({ contexts: z.int().meta({ description: 'Versions that were deleted.' }) }) })
  .meta({ id: 'DeletedContexts' });

export const forgottenResponse = z
  .object({
    ...deletedResponse.shape,
    tombstones: z.array(z.uuid()).meta({ description: 'Of the texts, where they are rejected: of equal ones one.' }),
  })
  .meta({ id: 'ForgottenContexts' });

export const recalledResponse = z
  .object({
    items: z.array(z.object({ ...summaryFields, content: z.string().optional() })),
    missing: z.array(z.string()).meta({ description: 'Labels or ids that name nothing here.' }),
    withoutContent: z.array(z.uuid()).meta({
      description: 'Ids of those whose content was left out because all together were too large. Read them one by one.',
    }),
  })
  .meta({ id: 'RecalledContexts' });

export const previewResponse = z
  .object({
    id: z.uuid(),
    project: z.string(),
    label: z.string(),
    version: z.int(),
    preview: z.string(),
    keyConcepts: z.array(z.string()),
    algorithm: z.int().meta({ description: 'Version of the algorithm that made both.' }),
  })
  .meta({ id: 'ContextPreview' });

export type SummaryResponse = z.infer<typeof summaryResponse>;
export type ContextResponse = z.infer<typeof contextResponse>;

export function toSummaryResponse(context: ContextSummary, embedding: EmbeddingState): SummaryResponse {
  return {
    id: context.id,
    project: context.project,
    label: context.label,
    version: context.version,
    contentHash: context.contentHash,
    contentBytes: context.contentBytes,
    preview: context.preview,
    keyConcepts: [...context.keyConcepts],
    tags: [...context.tags],
    priority: context.priority,
    priorityDetected: context.priorityDetected,
    sessionId: context.sessionId,
    // Metadata came in as JSON, so it goes out as JSON.
    metadata: context.metadata as SummaryResponse['metadata'],
    embedding,
    createdAt: context.createdAt.toISOString(),
    updatedAt: context.updatedAt.toISOString(),
    archivedAt: context.archivedAt?.toISOString() ?? null,
    archiveReason: context.archiveReason,
    ...toAuthorResponse(context),
    validFrom: startOf(context).toISOString(),
    validTo: endOf(context)?.toISOString() ?? null,
    supersededBy: context.supersededBy,
    slot: slotOf(context),
  };
}

/** What an answer as of another time says of itself. */
export function ofThen(asOf: Date | undefined): Pick<SummaryResponse, 'asOf'> {
  return asOf === undefined ? {} : { asOf: { time: asOf.toISOString(), today: [...OF_TODAY] } };
}

export function toContextResponse(context: Context, embedding: EmbeddingState): ContextResponse {
  return { ...toSummaryResponse(context, embedding), content: context.content };
}

export function toStoredResponse(
  { context, unchanged, similarTo }: StoredContext,
  embedding: EmbeddingState,
): z.infer<typeof storedResponse> {
  return { ...toContextResponse(context, embedding), unchanged, similarTo: [...similarTo] };
}

export function toPreviewResponse(context: ContextSummary): z.infer<typeof previewResponse> {
  const { id, project, label, version, preview, keyConcepts, extractVersion } = context;
  return { id, project, label, version, preview, keyConcepts: [...keyConcepts], algorithm: extractVersion };
}

export function toDeletedResponse({ contexts }: Forgotten): z.infer<typeof deletedResponse> {
  return { removed: { contexts } };
}

export function toForgottenResponse({ contexts, tombstones }: Forgotten): z.infer<typeof forgottenResponse> {
  return { removed: { contexts }, tombstones: [...tombstones] };
}
