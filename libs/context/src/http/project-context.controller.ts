import { Controller, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { Caller } from '#auth';
import { Endpoint } from '#http';
import type { Principal } from '#kernel';
import { queries } from '#project';
import { contexts as contextFamily } from '../context.cache.js';
import { ContextService } from '../context.service.js';
import { OverviewService } from '../overview/overview.service.js';
import { contextSubject, isSettled, tagsOfLabel, tagsOfOverview } from './context.caching.js';
import { labelParams, labelQuery } from './context.dto.js';
import { ContextResponses } from './context-responses.js';
import { contextResponse } from './context.response.js';
import { overviewParams, overviewQuery, overviewResponse, toOverviewResponse } from './overview.dto.js';

@Controller('v1/projects/:project')
export class ProjectContextController {
  constructor(
    private readonly contexts: ContextService,
    private readonly overviews: OverviewService,
    private readonly responses: ContextResponses,
  ) {}

  @Endpoint('GET /contexts/:label', {
    summary: 'Read the newest version of a label, or the one named',
    access: ['memory:read'],
    response: contextResponse,
    freeText: 'label',
    cache: { family: contextFamily.name, tags: tagsOfLabel, keep: isSettled, subject: contextSubject },
  })
  async getByLabel(
    @Caller() caller: Principal,
    @Param({ schema: labelParams }) params: z.infer<typeof labelParams>,
    @Query({ schema: labelQuery }) query: z.infer<typeof labelQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const context = await this.contexts.getByLabel(caller.workspaceId, params.project, params.label, query.version);
    const response = await this.responses.context(caller.workspaceId, context);
    void reply.header('etag', this.contexts.tagOf(context, response.embedding));
    return response;
  }

  @Endpoint('GET /overview', {
    summary: 'See what a project remembers, how it is used, and the tree of its labels',
    access: ['memory:read'],
    response: overviewResponse,
    cache: { family: queries.name, tags: tagsOfOverview },
  })
  async overview(
    @Caller() caller: Principal,
    @Param({ schema: overviewParams }) params: z.infer<typeof overviewParams>,
    @Query({ schema: overviewQuery }) query: z.infer<typeof overviewQuery>,
  ) {
    return toOverviewResponse(params.project, await this.overviews.of(caller.workspaceId, params.project, query));
  }
}
