import { z } from 'zod';
import { projectSlug } from '#project';
import { supersedeModes } from '../conflict/conflict.js';
import { retentionFields } from '../retention/retention.dto.js';
import type { ProjectSettings } from './project-settings.service.js';

export const projectSettingsParams = z.strictObject({ project: projectSlug });

const supersede = z.enum(supersedeModes).nullable().meta({
  description:
    'What the rules that find conflicts do by themselves. propose: nothing. apply: the newer context supersedes the older one at once. off: they look for none. Null: they apply explicit statements of replacement whose older context is of the same author, and propose everything else.',
});

/** A merge patch: what is left out stays, null is the default again. */
export const patchProjectBody = z
  .strictObject({
    supersede: supersede.optional(),
    retention: z.strictObject(retentionFields).partial().nullable().optional().meta({
      description: 'The retention policy; of what is left out the present value stays. Null: everything is kept.',
    }),
  })
  .refine((patch) => Object.keys(patch).length > 0, 'name what is to change: supersede, retention');

export const projectSettingsResponse = z
  .object({
    project: z.string(),
    supersede,
    retention: z.object({
      archiveAfterDays: z.int().nullable(),
      purgeAfterDays: z.int().nullable(),
      noticeDays: z.int(),
    }),
  })
  .meta({ id: 'ProjectSettings' });

export function toProjectSettingsResponse(
  project: string,
  { supersede: mode, retention: { archiveAfterDays, purgeAfterDays, noticeDays } }: ProjectSettings,
): z.infer<typeof projectSettingsResponse> {
  return { project, supersede: mode, retention: { archiveAfterDays, purgeAfterDays, noticeDays } };
}
