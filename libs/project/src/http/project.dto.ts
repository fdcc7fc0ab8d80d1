import { z } from 'zod';
import { pageOf, pageQuery } from '#http';
import { type Project, projectSlug } from '../project.js';
import type { ProjectCounts } from '../project-catalogue.service.js';

export const projectParams = z.strictObject({ project: projectSlug });
export const projectsQuery = z.strictObject(pageQuery);
export const noQuery = z.strictObject({});
export const deleteProjectQuery = z.strictObject({
  confirm: z
    .string({ error: 'must repeat the slug of the project: everything in it is deleted for good' })
    .max(100)
    .meta({ description: 'The slug of the project again.' }),
});

const fields = {
  id: z.uuid(),
  slug: z.string(),
  createdAt: z.iso.datetime(),
};
const counts = z.record(z.string(), z.int()).meta({ description: 'How much there is of each kind.' });

const projectResponse = z.object(fields).meta({ id: 'Project' });
export const projectsResponse = pageOf(projectResponse);
export const surveyResponse = z
  .object({
    slug: z.string(),
    id: fields.id.nullable().meta({ description: 'Null where nothing was ever written to the project.' }),
    createdAt: fields.createdAt.nullable(),
    counts,
  })
  .meta({ id: 'ProjectSurvey' });
export const deletionResponse = z.object({ slug: z.string(), deleted: counts }).meta({ id: 'ProjectDeletion' });

export function toProjectResponse({ id, slug, createdAt }: Project): z.infer<typeof projectResponse> {
  return { id, slug, createdAt: createdAt.toISOString() };
}

export function toSurveyResponse(
  slug: string,
  { project, counts: found }: { readonly project: Project | undefined; readonly counts: ProjectCounts },
): z.infer<typeof surveyResponse> {
  return {
    slug,
    id: project?.id ?? null,
    createdAt: project?.createdAt.toISOString() ?? null,
    counts: { ...found },
  };
}
