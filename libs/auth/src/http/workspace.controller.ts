import { Body, Controller, Query } from '@nestjs/common';
import { z } from 'zod';
import { Endpoint, listPage, pageOf, pageQuery, textField } from '#http';
import type { WorkspaceId } from '#kernel';
import { type Workspace, WORKSPACE_SLUG } from '../workspace.js';
import { WorkspaceService } from '../workspace.service.js';

const createWorkspaceBody = z.strictObject({
  slug: z.string().regex(WORKSPACE_SLUG, 'must be 1 to 63 of a-z, 0-9 and inner hyphens'),
  name: textField(200).optional(),
});
const workspacesQuery = z.strictObject(pageQuery);
const workspaceResponse = z
  .object({ id: z.uuid(), slug: z.string(), name: z.string(), createdAt: z.iso.datetime() })
  .meta({ id: 'Workspace' });
const workspacesResponse = pageOf(workspaceResponse);

function toWorkspaceResponse(workspace: Workspace): z.infer<typeof workspaceResponse> {
  return { id: workspace.id, slug: workspace.slug, name: workspace.name, createdAt: workspace.createdAt.toISOString() };
}

@Controller('v1/workspaces')
export class WorkspaceController {
  constructor(private readonly workspaces: WorkspaceService) {}

  @Endpoint('POST ', { summary: 'Create a workspace', access: ['operator'], response: workspaceResponse })
  async create(@Body({ schema: createWorkspaceBody }) body: z.infer<typeof createWorkspaceBody>) {
    return toWorkspaceResponse(await this.workspaces.create(body));
  }

  @Endpoint('GET ', { summary: 'List workspaces, oldest first', access: ['operator'], response: workspacesResponse })
  async list(@Query({ schema: workspacesQuery }) query: z.infer<typeof workspacesQuery>) {
    return listPage(query, {
      of: ['workspaces'],
      load: (after: WorkspaceId | undefined, limit) => this.workspaces.list(after, limit),
      show: (workspaces) => workspaces.map(toWorkspaceResponse),
    });
  }
}
