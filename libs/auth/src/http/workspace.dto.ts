import { z } from 'zod';
import { pageOf, pageQuery, textField } from '#http';
import { type Workspace, WORKSPACE_SLUG } from '../workspace.js';

export const createWorkspaceBody = z.strictObject({
  slug: z.string().regex(WORKSPACE_SLUG, 'must be 1 to 63 of a-z, 0-9 and inner hyphens'),
  name: textField(200).optional(),
});
export const workspacesQuery = z.strictObject(pageQuery);
export const workspaceResponse = z
  .object({ id: z.uuid(), slug: z.string(), name: z.string(), createdAt: z.iso.datetime() })
  .meta({ id: 'Workspace' });
export const workspacesResponse = pageOf(workspaceResponse);

export function toWorkspaceResponse(workspace: Workspace): z.infer<typeof workspaceResponse> {
  return { id: workspace.id, slug: workspace.slug, name: workspace.name, createdAt: workspace.createdAt.toISOString() };
}
