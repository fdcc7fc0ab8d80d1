import { Body, Controller, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { Caller } from '#auth';
import { Endpoint, IfPreconditions, type Preconditions } from '#http';
import type { Principal } from '#kernel';
import { noQuery } from '../http/context.fields.js';
import { putSettingsBody, settingsParams, settingsResponse, toSettingsResponse } from './conflict.dto.js';
import { ConflictService } from './conflict.service.js';

@Controller('v1/projects/:project/settings')
export class ProjectSettingsController {
  constructor(private readonly conflicts: ConflictService) {}

  @Endpoint('GET ', {
    summary: 'Read the settings of a project',
    access: ['memory:read'],
    response: settingsResponse,
  })
  async get(
    @Caller() caller: Principal,
    @Param({ schema: settingsParams }) { project }: z.infer<typeof settingsParams>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const mode = await this.conflicts.getMode(caller.workspaceId, project);
    void reply.header('etag', this.conflicts.tagOf(project, mode));
    return toSettingsResponse(project, mode);
  }

  @Endpoint('PUT ', {
    summary: 'Replace the settings of a project',
    access: ['admin'],
    response: settingsResponse,
  })
  async put(
    @Caller() caller: Principal,
    @Param({ schema: settingsParams }) { project }: z.infer<typeof settingsParams>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
    @Body({ schema: putSettingsBody }) { supersede }: z.infer<typeof putSettingsBody>,
    @IfPreconditions() preconditions: Preconditions,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    await this.conflicts.putMode(caller.workspaceId, project, supersede, preconditions);
    void reply.header('etag', this.conflicts.tagOf(project, supersede));
    return toSettingsResponse(project, supersede);
  }
}
