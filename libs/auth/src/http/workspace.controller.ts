import { Body, Controller, Query } from '@nestjs/common';
import { z } from 'zod';
import { Endpoint, listPage } from '#http';
import type { WorkspaceId } from '#kernel';
import { WorkspaceService } from '../workspace.service.js';
import {
  createWorkspaceBody,
  toWorkspaceResponse,
  workspaceResponse,
  workspacesQuery,
  workspacesResponse,
} from './workspace.dto.js';

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
