import { z } from 'zod';
import { entityId, pageOf, pageQuery } from '#http';
import { DEFAULT_PROJECT, projectSlug } from '#project';
import { type Conflict, type ConflictingContext, conflictStates, dispositions } from './conflict.js';
import { conflictRules } from './rules.js';

export const conflictsQuery = z.strictObject({
  ...pageQuery,
  project: projectSlug.default(DEFAULT_PROJECT),
  state: z.enum(conflictStates).default('open').meta({
    description:
      'Open: nobody has decided, and both contexts still stand. Applied: the rule has, until somebody decides otherwise. Resolved: somebody has decided.',
  }),
});

export const conflictParams = z.strictObject({ id: entityId() });

export const resolveBody = z.strictObject({
  disposition: z.enum(dispositions).meta({
    description:
      'keep_new: the newer context supersedes the older one. keep_old: the newer one was never valid. keep_both: both are valid, and the pair is not proposed again. remove_both: both versions are deleted for good, and the conflict with them.',
  }),
});

const conflictingContext = z
  .object({
    id: z.uuid(),
    label: z.string(),
    version: z.int(),
    preview: z.string(),
    validFrom: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
    createdBy: z.string().nullable(),
  })
  .meta({ id: 'ConflictingContext' });

export const conflictResponse = z
  .object({
    id: z.uuid(),
    project: z.string(),
    older: conflictingContext.meta({ description: 'Of the two, the one that is valid first.' }),
    newer: conflictingContext,
    rule: z.enum(conflictRules),
    state: z.enum(conflictStates),
    disposition: z.enum(dispositions).nullable(),
    decidedBy: z.string().nullable().meta({ description: 'Id of the principal that decided; null: nobody has.' }),
    decidedAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Conflict' });

export const conflictsResponse = pageOf(conflictResponse);

export function toConflictResponse(conflict: Conflict): z.infer<typeof conflictResponse> {
  const { id, project, older, newer, rule, state, disposition, decidedBy, decidedAt, createdAt } = conflict;
  return {
    id,
    project,
    older: toContext(older),
    newer: toContext(newer),
    rule,
    state,
    disposition,
    decidedBy,
    decidedAt: decidedAt?.toISOString() ?? null,
    createdAt: createdAt.toISOString(),
  };
}

function toContext({ validFrom, createdAt, ...context }: ConflictingContext): z.infer<typeof conflictingContext> {
  return { ...context, validFrom: validFrom?.toISOString() ?? null, createdAt: createdAt.toISOString() };
}
