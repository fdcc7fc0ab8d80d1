import { Body, Controller, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { Caller } from '#auth';
import { Endpoint, IfPreconditions, type Preconditions } from '#http';
import type { Principal } from '#kernel';
import { noQuery, patchSettingsBody, settingsResponse, toSettingsResponse } from './settings.dto.js';
import type { StoredSettings } from './settings.js';
import { SettingsService } from './settings.service.js';

@Controller('v1/settings')
export class SettingsController {
  constructor(private readonly settings: SettingsService) {}

  @Endpoint('GET ', {
    summary: 'Read the settings of the workspace',
    access: ['memory:read'],
    response: settingsResponse,
  })
  async get(
    @Caller() caller: Principal,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.tagged(caller, await this.settings.find(caller.workspaceId), reply);
  }

  @Endpoint('PATCH ', {
    summary: 'Change the settings of the workspace, from the next request on',
    access: ['admin'],
    response: settingsResponse,
  })
  async change(
    @Caller() caller: Principal,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
    @Body({ schema: patchSettingsBody }) patch: z.infer<typeof patchSettingsBody>,
    @IfPreconditions() preconditions: Preconditions,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.tagged(caller, await this.settings.change(caller.workspaceId, patch, preconditions), reply);
  }

  private tagged({ workspaceId }: Principal, settings: StoredSettings, reply: FastifyReply) {
    void reply.header('etag', this.settings.tagOf(workspaceId, settings));
    return toSettingsResponse(settings);
  }
}
