import { Body, Controller, Query } from '@nestjs/common';
import { z } from 'zod';
import { decodeCursor, encodeCursor, Endpoint } from '#http';
import type { WorkspaceId } from '#kernel';
import { WorkspaceService } from '../workspace.service.js';
import {
  createWorkspaceBody,
  toWorkspaceResponse,
  workspaceResponse,
  workspacesQuery,
  workspacesResponse,
} from './workspace.dto.js';

const LIST = ['workspaces'];
const position = z.tuple([z.uuid()]);

@Controller('v1/workspaces')
export class WorkspaceController {
  constructor(private readonly workspaces: WorkspaceService) {}

  @Endpoint('POST ', { summary: 'Create a workspace', access: ['operator'], response: workspaceResponse })
  async create(@Body({ schema: createWorkspaceBody }) body: z.infer<typeof createWorkspaceBody>) {
    return toWorkspaceResponse(await this.workspaces.create(body));
  }

  @Endpoint('GET ', { summary: 'List workspaces, oldest first', access: ['operator'], response: workspacesResponse })
  async list(@Query({ schema: workspacesQuery }) query: z.infer<typeof workspacesQuery>) {
    const [after] = query.cursor === undefined ? [] : decodeCursor(LIST, query.cursor, position);
    const page = await this.workspaces.list(after as WorkspaceId | undefined, query.limit);
    return {
      items: page.items.map(toWorkspaceResponse),
      nextCursor: page.next === undefined ? null : encodeCursor(LIST, page.next),
    };
  }
}
