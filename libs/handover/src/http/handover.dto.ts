import { z } from 'zod';
import { authorFields, entityId, pageOf, pageQuery, textField, toAuthorResponse } from '#http';
import { DEFAULT_PROJECT, projectSlug } from '#project';
import { entryKinds, MAX_SUMMARY_LENGTH, type Session, todoPriorities } from '#session';
import { MAX_ITEM_LENGTH, MAX_ITEMS, type NotesByHand } from '../compose-handover.js';
import { type Handover, type HandoverContent, handoverReasons, handoverSections } from '../handover.js';

const note = textField(MAX_ITEM_LENGTH);
const notes = z.array(note).max(MAX_ITEMS).default([]);

export const makeHandoverBody = z
  .strictObject({
    project: projectSlug
      .optional()
      .meta({ description: 'The project of the session where one is named, else `default`.' }),
    sessionId: entityId()
      .nullish()
      .meta({ description: 'The session whose work so far it describes; the session goes on.' }),
    summary: textField(MAX_SUMMARY_LENGTH).nullish(),
    workDone: notes,
    decisions: notes,
    questions: notes,
    nextSteps: z.array(note).max(10).default([]),
  })
  .prefault({});
export const acknowledgeBody = z
  .strictObject({ sessionId: entityId().nullish().meta({ description: 'The session that takes the work over.' }) })
  .default({});
export const handoverParams = z.strictObject({ id: entityId() });
export const latestQuery = z.strictObject({ project: projectSlug.default(DEFAULT_PROJECT) });
export const previewQuery = z.strictObject({ sessionId: entityId() });
export const handoversQuery = z.strictObject({
  ...pageQuery,
  project: projectSlug.optional(),
  sessionId: entityId().optional(),
});

const count = z.int().min(0);

/** An object with one member for each name. */
function oneFor<Name extends string, Value extends z.ZodType>(names: readonly Name[], value: Value) {
  return z.object(Object.fromEntries(names.map((name) => [name, value])) as Record<Name, Value>);
}
const item = z.object({
  entryId: z.uuid().nullable().meta({ description: 'The entry it was taken from; null where it was written by hand.' }),
  text: z.string(),
  truncated: z.boolean().meta({ description: 'Whether the text was cut; the entry has all of it.' }),
  createdAt: z.iso.datetime(),
});
const content = {
  summary: z.string().nullable(),
  workDone: z.array(item),
  decisions: z.array(item),
  openTodos: z.array(item.extend({ priority: z.enum(todoPriorities) })).meta({ description: 'Most urgent first.' }),
  questions: z.array(item),
  errors: z.array(item).meta({ description: 'Those that nothing resolved.' }),
  insights: z.array(item),
  nextSteps: z.array(z.string()),
  contextsUsed: z.array(z.object({ id: z.uuid(), label: z.string(), version: z.int() })),
  statistics: z.object({ durationMs: count, entries: oneFor(entryKinds, count), contexts: count }),
  omitted: oneFor(handoverSections, count).meta({ description: 'How many of each list were left out.' }),
};

export const handoverResponse = z
  .object({
    id: z.uuid(),
    project: z.string(),
    sessionId: z.uuid().nullable(),
    reason: z.enum(handoverReasons),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso
      .datetime()
      .meta({ description: 'When its content was last made again, by a session that went on after it.' }),
    acknowledgedAt: z.iso.datetime().nullable(),
    acknowledgedBy: z.string().nullable(),
    acknowledgedSessionId: z.uuid().nullable(),
    ...authorFields,
    ...content,
  })
  .meta({ id: 'Handover' });
export const latestResponse = z.object({ handover: handoverResponse.nullable() });
export const handoversResponse = pageOf(handoverResponse);
export const handoverPreviewResponse = z
  .object({ project: z.string(), sessionId: z.uuid(), ...content })
  .meta({ id: 'HandoverPreview' });

export function toNotes(body: z.infer<typeof makeHandoverBody>): NotesByHand {
  const { workDone, decisions, questions, nextSteps } = body;
  return { summary: body.summary ?? undefined, workDone, decisions, questions, nextSteps };
}

export function toHandoverResponse(handover: Handover): z.infer<typeof handoverResponse> {
  const { acknowledgement } = handover;
  return {
    id: handover.id,
    project: handover.project,
    sessionId: handover.sessionId,
    reason: handover.reason,
    createdAt: handover.createdAt.toISOString(),
    updatedAt: handover.updatedAt.toISOString(),
    acknowledgedAt: acknowledgement?.at.toISOString() ?? null,
    acknowledgedBy: acknowledgement?.by ?? null,
    acknowledgedSessionId: acknowledgement?.sessionId ?? null,
    ...toAuthorResponse(handover),
    ...toContentResponse(handover.content),
  };
}

export function toPreviewResponse(view: {
  session: Session;
  content: HandoverContent;
}): z.infer<typeof handoverPreviewResponse> {
  return { project: view.session.project, sessionId: view.session.id, ...toContentResponse(view.content) };
}

function toContentResponse(value: HandoverContent) {
  return {
    ...value,
    workDone: [...value.workDone],
    decisions: [...value.decisions],
    openTodos: [...value.openTodos],
    questions: [...value.questions],
    errors: [...value.errors],
    insights: [...value.insights],
    nextSteps: [...value.nextSteps],
    contextsUsed: [...value.contextsUsed],
  };
}
