import { z } from 'zod';
import { entityId, pageQuery, textField } from '#http';
import type { SessionId } from '#kernel';
import { DEFAULT_PROJECT, projectSlug } from '#project';
import { metadataBody } from '#session';
import type { Forgetting } from '../store/context-deletion.service.js';
import type { ArchiveCommand, ContextPatch, ListFilter } from '../store/context.service.js';
import { asOfQuery, checkValidity, toTime } from '../validity/validity.fields.js';
import { label, priority, storeFields, tags, tagsQuery, versionNumber } from './context.fields.js';

export const storeBody = z
  .strictObject({ project: projectSlug.default(DEFAULT_PROJECT), ...storeFields })
  .superRefine(checkValidity);

export const contextsQuery = z.strictObject({
  ...pageQuery,
  project: projectSlug.default(DEFAULT_PROJECT),
  label: label.optional(),
  labelPrefix: z.string().min(1).max(200).optional(),
  priority: priority.optional(),
  tags: tagsQuery.optional().meta({ description: 'Every one of them; separated by commas.' }),
  session: entityId('must be the id of a session').optional(),
  versions: z
    .enum(['latest', 'all'])
    .default('latest')
    .meta({ description: 'The newest version of each label, or every one; archived ones are left out.' }),
  archived: z.enum(['true', 'false']).default('false').meta({ description: 'True: archived versions alone.' }),
  current: z.enum(['true', 'false']).default('false').meta({
    description:
      'True: leaves out contexts that are not valid now, or with `asOf` then: superseded, expired, or not valid yet.',
  }),
  asOf: asOfQuery,
});

export const contextQuery = z.strictObject({ asOf: asOfQuery });

/** The list that a query asks for, without where its page starts. */
export function toFilter(query: z.infer<typeof contextsQuery>): ListFilter {
  return {
    label: query.label,
    labelPrefix: query.labelPrefix,
    priority: query.priority,
    tags: query.tags,
    sessionId: query.session as SessionId | undefined,
    asOf: toTime(query.asOf),
    current: query.current === 'true',
    which: query.archived === 'true' ? 'archived' : query.versions === 'all' ? 'active' : 'latest',
  };
}

export const versionsQuery = z.strictObject(pageQuery);

export const patchBody = z.strictObject({
  tags: tags.nullish(),
  priority: priority.nullish().meta({ description: 'Null: read from the text again.' }),
  metadata: metadataBody
    .nullish()
    .meta({ description: 'A JSON merge patch (RFC 7396): null removes a key. Null for all of it clears it.' }),
});

export function toPatch(body: z.infer<typeof patchBody>): ContextPatch {
  return body;
}

export const archiveBody = z
  .strictObject({
    reason: textField(1_000).optional(),
    force: z.boolean().default(false).meta({ description: 'Needed for contexts of priority always_check.' }),
    allVersions: z.boolean().default(false).meta({ description: 'The whole label, not this version alone.' }),
  })
  .prefault({});

export function toArchiveCommand(body: z.infer<typeof archiveBody>): ArchiveCommand {
  return body;
}

export const restoreBody = z.strictObject({ allVersions: z.boolean().default(false) }).prefault({});

export const deleteQuery = z.strictObject({
  allVersions: z
    .enum(['true', 'false'])
    .default('false')
    .meta({ description: 'The whole label, not this version alone.' }),
});

const forgetFields = {
  reason: textField(1_000)
    .nullish()
    .meta({ description: 'For the audit, and shown with the tombstone. Must not repeat the text.' }),
  tombstone: z.boolean().default(false).meta({
    description:
      'True: the project refuses the text from now on, in whatever letter case, white space, invisible characters, compatibility forms or characters that look alike.',
  }),
};

export const forgetBody = z
  .strictObject({
    ...forgetFields,
    allVersions: z.boolean().default(false).meta({ description: 'The whole label, not this version alone.' }),
  })
  .prefault({});

export const forgetLabelBody = z.strictObject(forgetFields).prefault({});

export function toForgetting(body: z.infer<typeof forgetLabelBody> & { readonly allVersions?: boolean }): Forgetting {
  return { ...body, reason: body.reason ?? '' };
}

export const diffQuery = z.strictObject({
  from: versionNumber.optional().meta({ description: 'Absent: the version before `to`.' }),
  to: versionNumber.optional().meta({ description: 'Absent: the version of this context.' }),
});

export const diffResponse = z
  .object({
    label: z.string(),
    from: z.object({ id: z.uuid(), version: z.int() }),
    to: z.object({ id: z.uuid(), version: z.int() }),
    unified: z.string().meta({ description: 'The unified format; empty where the texts are the same.' }),
    hunks: z.array(
      z.object({
        oldStart: z.int(),
        oldLines: z.int(),
        newStart: z.int(),
        newLines: z.int(),
        lines: z.array(z.string()).meta({ description: 'Each with a space, + or - in front.' }),
      }),
    ),
    addedLines: z.int(),
    removedLines: z.int(),
    minimal: z.boolean().meta({
      description:
        'False where the texts differ too much to look for the smallest difference: all between the first and the last one is shown as replaced.',
    }),
  })
  .meta({ id: 'ContextDiff' });

export const labelParams = z.strictObject({ project: projectSlug, label });
export const labelQuery = z
  .strictObject({ version: versionNumber.optional(), asOf: asOfQuery })
  .refine(({ version, asOf }) => version === undefined || asOf === undefined, {
    path: ['asOf'],
    error: 'is for the newest version of then: give either version or asOf',
  });
