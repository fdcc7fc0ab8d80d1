import { z } from 'zod';
import { authorFields, entityId, pageOf, pageQuery, textField, toAuthorResponse } from '#http';
import { entryKinds, type SessionEntry, todoPriorities } from '../session-entry.js';
import { metadata, toJson } from './session.dto.js';

/** Longest text of an entry, in UTF-16 units. */
export const MAX_ENTRY_LENGTH = 10_000;

/** Of `sessionId` in answers about an entry. */
export const SESSION_GONE =
  'The session that wrote it; null where it was deleted with another project, in which it worked last.';

export const addEntryBody = z.strictObject({
  kind: z.enum(entryKinds),
  text: textField(MAX_ENTRY_LENGTH),
  metadata: metadata.default({}).meta({
    description:
      'Free data. Of a todo, `priority` (critical, high, normal, low, or 0 to 3) orders it; `done: true` says that it was done by then.',
  }),
  resolves: z.array(entityId()).max(50).default([]).meta({
    description: 'Todos, questions and errors of the project, of this or an earlier session, that this entry settles.',
  }),
});
export const entriesQuery = z.strictObject({
  ...pageQuery,
  kind: z.enum(entryKinds).optional(),
  open: z
    .enum(['true', 'false'])
    .transform((value) => value === 'true')
    .optional()
    .meta({ description: 'true: only todos, questions and errors that are not resolved; false: only those that are.' }),
});

export const entryResponse = z
  .object({
    id: z.uuid(),
    sessionId: z.uuid().nullable().meta({ description: SESSION_GONE }),
    kind: z.enum(entryKinds),
    text: z.string(),
    metadata: z.record(z.string(), z.json()),
    priority: z.enum(todoPriorities).nullable().meta({ description: 'Of todos.' }),
    createdAt: z.iso.datetime(),
    resolvedAt: z.iso.datetime().nullable(),
    resolvedBy: z.uuid().nullable().meta({ description: 'The entry that resolved it.' }),
    ...authorFields,
  })
  .meta({ id: 'SessionEntry' });
export const entriesResponse = pageOf(entryResponse);

export function toEntryResponse(entry: SessionEntry): z.infer<typeof entryResponse> {
  return {
    id: entry.id,
    sessionId: entry.sessionId,
    kind: entry.kind,
    text: entry.text,
    metadata: toJson(entry.metadata),
    priority: entry.priority,
    createdAt: entry.createdAt.toISOString(),
    resolvedAt: entry.resolvedAt?.toISOString() ?? null,
    resolvedBy: entry.resolvedBy,
    ...toAuthorResponse(entry),
  };
}
