import { z } from 'zod';
import { entityId, pageOf, pageQuery } from '#http';
import { projectSlug } from '../project.js';
import type { Tombstone } from './tombstone.js';

export const tombstonesParams = z.strictObject({ project: projectSlug });
export const tombstonesQuery = z.strictObject(pageQuery);
export const tombstoneParams = z.strictObject({ project: projectSlug, id: entityId() });

const tombstoneResponse = z
  .object({
    id: z.uuid(),
    project: z.string(),
    reason: z.string().nullable().meta({ description: 'As whoever rejected the text said it.' }),
    createdBy: z.string().nullable().meta({ description: 'Id of the principal that rejected it.' }),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Tombstone' });

export const tombstonesResponse = pageOf(tombstoneResponse);

export const liftedResponse = z.object({ removed: z.object({ tombstones: z.int() }) }).meta({ id: 'LiftedTombstone' });

export function toTombstoneResponse(
  project: string,
  { id, reason, createdBy, createdAt }: Tombstone,
): z.infer<typeof tombstoneResponse> {
  return { id, project, reason: reason === '' ? null : reason, createdBy, createdAt: createdAt.toISOString() };
}
