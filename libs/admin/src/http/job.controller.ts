import { Controller, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import { Caller, missingScope } from '#auth';
import { Endpoint, listPage, toPage } from '#http';
import type { Principal } from '#kernel';
import { type JobScope, JobService } from '#queue';
import {
  jobParams,
  jobResponse,
  jobsQuery,
  jobsResponse,
  jobStatsResponse,
  reachQuery,
  toJobResponse,
  toJobStatsResponse,
} from './job.dto.js';

/** Background work of the caller's workspace; with `all=true` an operator also sees what spans workspaces. */
@Controller('v1/jobs')
export class JobController {
  constructor(private readonly jobs: JobService) {}

  @Endpoint('GET ', { summary: 'List jobs, newest first', access: ['admin'], response: jobsResponse })
  async list(@Caller() caller: Principal, @Query({ schema: jobsQuery }) query: z.infer<typeof jobsQuery>) {
    const { all, name, state } = query;
    return listPage(query, {
      of: ['jobs', caller.workspaceId, all, name, state],
      load: async (after: string | undefined, limit) =>
        toPage(
          await this.jobs.list(scopeOf(caller, all), { name, state }, after, limit + 1),
          limit,
          ({ id }): [string] => [id],
        ),
      show: (jobs) => jobs.map(toJobResponse),
    });
  }

  @Endpoint('GET /stats', { summary: 'Count jobs by name and state', access: ['admin'], response: jobStatsResponse })
  async stats(@Caller() caller: Principal, @Query({ schema: reachQuery }) { all }: z.infer<typeof reachQuery>) {
    return toJobStatsResponse(await this.jobs.count(scopeOf(caller, all)));
  }

  @Endpoint('GET /:id', { summary: 'Look at one job', access: ['admin'], response: jobResponse })
  async get(
    @Caller() caller: Principal,
    @Param({ schema: jobParams }) params: z.infer<typeof jobParams>,
    @Query({ schema: reachQuery }) { all }: z.infer<typeof reachQuery>,
  ) {
    return toJobResponse(await this.jobs.get(scopeOf(caller, all), params.id));
  }

  @Endpoint('POST /:id/retry', {
    summary: 'Run a failed or cancelled job again',
    access: ['admin'],
    response: jobResponse,
    status: 200,
  })
  async retry(
    @Caller() caller: Principal,
    @Param({ schema: jobParams }) params: z.infer<typeof jobParams>,
    @Query({ schema: reachQuery }) { all }: z.infer<typeof reachQuery>,
  ) {
    return toJobResponse(await this.jobs.retry(scopeOf(caller, all), params.id));
  }

  @Endpoint('POST /:id/cancel', {
    summary: 'Cancel a job that is not finished',
    access: ['admin'],
    response: jobResponse,
    status: 200,
  })
  async cancel(
    @Caller() caller: Principal,
    @Param({ schema: jobParams }) params: z.infer<typeof jobParams>,
    @Query({ schema: reachQuery }) { all }: z.infer<typeof reachQuery>,
  ) {
    return toJobResponse(await this.jobs.cancel(scopeOf(caller, all), params.id));
  }
}

/** @throws DomainError `missing-scope` where somebody else than an operator asks for jobs that span workspaces. */
function scopeOf(caller: Principal, all: boolean): JobScope {
  if (all && !caller.scopes.has('operator')) throw missingScope('operator');
  return { workspaceId: caller.workspaceId, includeSpanning: all };
}
