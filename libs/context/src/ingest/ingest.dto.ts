import { z } from 'zod';
import { entityId } from '#http';
import type { SessionId } from '#kernel';
import { DEFAULT_PROJECT, projectSlug } from '#project';
import { metadataBody } from '#session';
import { type ContextSummary, type EmbeddingState, embeddingStates } from '../context.js';
import { label, MAX_LABEL_LENGTH, priority, tags } from '../http/context.fields.js';
import { similarResponse } from '../http/context.response.js';
import { checkValidity, toValidity, validityFields } from '../validity/validity.fields.js';
import { documentFormats, type DocumentSource, type ReadDocument } from './document.js';
import { type IngestCommand, type Ingested, MAX_PARTS } from './ingest.service.js';

const MAX_DOCUMENT_BYTES = 5 * 1024 * 1024;
const DEFAULT_PART_LENGTH = 2_000;
/** A part's label is the document's with `/0001` behind it. */
const MAX_DOCUMENT_LABEL_LENGTH = MAX_LABEL_LENGTH - 5;

const tooLarge = `at most ${MAX_DOCUMENT_BYTES} bytes`;

/** Zod's own check decodes the text, which takes a third of a second for megabytes. */
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

export const ingestBody = z
  .strictObject({
    project: projectSlug.default(DEFAULT_PROJECT),
    label: label
      .refine(
        (text) => text.length <= MAX_DOCUMENT_LABEL_LENGTH,
        `must be at most ${MAX_DOCUMENT_LABEL_LENGTH} characters`,
      )
      .meta({ description: 'Of the document; its parts are labelled `<label>/0001` and so on.' }),
    format: z.enum(documentFormats).nullish().meta({ description: 'Absent or null: detected from the document.' }),
    content: z
      .string()
      .refine((text) => text.trim() !== '', 'must not be empty')
      .refine((text) => Buffer.byteLength(text) <= MAX_DOCUMENT_BYTES, `must be ${tooLarge} of UTF-8`)
      .optional()
      .meta({ description: `Text, Markdown or HTML; ${tooLarge} of UTF-8.` }),
    contentBase64: z
      .string()
      .min(1)
      .max(Math.ceil(MAX_DOCUMENT_BYTES / 3) * 4, `must be ${tooLarge}`)
      .refine((text) => text.length % 4 === 0 && BASE64.test(text), 'is not base64')
      .optional()
      .meta({
        format: 'base64',
        contentEncoding: 'base64',
        description: `The bytes of a PDF, or of any other document in UTF-8; ${tooLarge} once decoded.`,
      }),
    partLength: z
      .int()
      .min(200)
      .max(20_000)
      .default(DEFAULT_PART_LENGTH)
      .meta({ description: 'Characters that a part has at most (in UTF-16 units).' }),
    tags: tags.default([]),
    priority: priority.default('reference').meta({
      description: 'Of every part. It is not read from the text: a manual says “must” on every page.',
    }),
    sessionId: entityId('must be the id of a session').nullish(),
    validFrom: validityFields.validFrom,
    validTo: validityFields.validTo,
    metadata: metadataBody
      .default({})
      .refine((value) => !('document' in value), {
        error: 'is kept for what a part knows of its document',
        path: ['document'],
      })
      .meta({
        description:
          'Of every part, beside `document`: its label, format, title, and the number and heading of the part.',
      }),
  })
  .superRefine((body, context) => {
    checkValidity(body, context);
    if ((body.content === undefined) === (body.contentBase64 === undefined)) {
      context.addIssue({ code: 'custom', path: ['content'], message: 'give either content or contentBase64' });
    } else if (body.format === 'pdf' && body.contentBase64 === undefined) {
      context.addIssue({ code: 'custom', path: ['content'], message: 'give a PDF as contentBase64' });
    }
  });

export type IngestBody = z.infer<typeof ingestBody>;

/** What there is to read, and where it stands in the body. */
export function toDocumentSource(body: IngestBody): DocumentSource & { readonly pointer: string } {
  const { content, contentBase64 = '' } = body;
  const format = body.format ?? undefined;
  return content === undefined
    ? { format, bytes: Buffer.from(contentBase64, 'base64'), pointer: '/contentBase64' }
    : { format, bytes: Buffer.from(content), pointer: '/content' };
}

export function toIngestCommand(body: IngestBody, document: ReadDocument): IngestCommand {
  const { label: name, partLength, priority: said, metadata } = body;
  const sessionId = (body.sessionId ?? undefined) as SessionId | undefined;
  const { validFrom, validTo } = toValidity(body);
  return {
    label: name,
    document,
    partLength,
    tags: body.tags,
    priority: said,
    sessionId,
    validFrom,
    validTo,
    metadata,
  };
}

export const ingestedResponse = z
  .object({
    project: z.string(),
    label: z.string(),
    format: z.enum(documentFormats),
    title: z.string().nullable().meta({ description: 'Of the document, where it says one.' }),
    characters: z.int().meta({ description: 'Of the text that was read, in UTF-16 units.' }),
    truncated: z.boolean().meta({ description: 'Whether the parts hold less than the document does.' }),
    truncation: z
      .object({ reason: z.string(), keptCharacters: z.int() })
      .nullable()
      .meta({ description: `Why, and how much they hold. A document has at most ${MAX_PARTS} parts.` }),
    items: z
      .array(
        z.object({
          id: z.uuid(),
          label: z.string(),
          version: z.int(),
          heading: z.string().nullable().meta({ description: 'What the part stands under: `Book > Chapter`.' }),
          contentBytes: z.int(),
          unchanged: z.boolean(),
          similarTo: z.array(similarResponse),
          embedding: z.enum(embeddingStates),
        }),
      )
      .meta({ description: 'The parts, in the order of the document.' }),
    removed: z
      .array(z.string())
      .meta({ description: 'Labels of parts that the document had before and has no more; they are archived.' }),
    broughtBack: z
      .int()
      .meta({ description: 'Parts that were deleted from the project for good, and are there again.' }),
  })
  .meta({ id: 'IngestedDocument' });

export function toIngestedResponse(
  { project, label: name }: IngestBody,
  document: ReadDocument,
  ingested: Ingested,
  stateOf: (context: Pick<ContextSummary, 'id'>) => EmbeddingState,
): z.infer<typeof ingestedResponse> {
  const { parts, removed, broughtBack, length, keptLength, cut } = ingested;
  return {
    project,
    label: name,
    format: document.format,
    title: document.title ?? null,
    characters: length,
    truncated: cut !== undefined,
    truncation: cut === undefined ? null : { reason: cut, keptCharacters: keptLength },
    items: parts.map(({ context, heading, unchanged, similarTo }) => ({
      id: context.id,
      label: context.label,
      version: context.version,
      heading: heading ?? null,
      contentBytes: context.contentBytes,
      unchanged,
      similarTo: [...similarTo],
      embedding: stateOf(context),
    })),
    removed: [...removed],
    broughtBack,
  };
}
