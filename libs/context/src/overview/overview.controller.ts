import { Controller, Param, Query } from '@nestjs/common';
import type { z } from 'zod';
import { Caller } from '#auth';
import { Endpoint } from '#http';
import type { Principal } from '#kernel';
import { queries } from '#cache';
import { tagsOfOverview } from '../http/context-response-caching.js';
import { overviewParams, overviewQuery, overviewResponse, toOverviewResponse } from './overview.dto.js';
import { toTime } from '../validity/validity.fields.js';
import { OverviewService } from './overview.service.js';

@Controller('v1/projects/:project')
export class OverviewController {
  constructor(private readonly overviews: OverviewService) {}

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
    const asOf = toTime(query.asOf);
    const overview = await this.overviews.overviewOf(caller.workspaceId, params.project, { ...query, asOf });
    return toOverviewResponse(params.project, overview, asOf);
  }
}
