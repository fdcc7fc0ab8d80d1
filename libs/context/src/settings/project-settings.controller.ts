import { Body, Controller, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { Caller } from '#auth';
import { Endpoint, IfPreconditions, type Preconditions } from '#http';
import type { Principal } from '#kernel';
import { noQuery } from '../http/context.fields.js';
import {
  patchProjectBody,
  projectSettingsParams,
  projectSettingsResponse,
  toProjectSettingsResponse,
} from './project-settings.dto.js';
import { type ProjectSettings, ProjectSettingsService } from './project-settings.service.js';

@Controller('v1/projects/:project')
export class ProjectSettingsController {
  constructor(private readonly settings: ProjectSettingsService) {}

  @Endpoint('GET /settings', {
    summary: 'Read the settings of a project',
    access: ['memory:read'],
    response: projectSettingsResponse,
  })
  async get(
    @Caller() { workspaceId }: Principal,
    @Param({ schema: projectSettingsParams }) { project }: z.infer<typeof projectSettingsParams>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.tagged(project, await this.settings.find(workspaceId, project), reply);
  }

  @Endpoint('PATCH ', {
    summary: 'Change the settings of a project',
    access: ['admin'],
    response: projectSettingsResponse,
  })
  async change(
    @Caller() { workspaceId }: Principal,
    @Param({ schema: projectSettingsParams }) { project }: z.infer<typeof projectSettingsParams>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
    @Body({ schema: patchProjectBody }) patch: z.infer<typeof patchProjectBody>,
    @IfPreconditions() preconditions: Preconditions,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.tagged(project, await this.settings.change(workspaceId, project, patch, preconditions), reply);
  }

  private tagged(project: string, settings: ProjectSettings, reply: FastifyReply) {
    void reply.header('etag', this.settings.tagOf(project, settings));
    return toProjectSettingsResponse(project, settings);
  }
}
