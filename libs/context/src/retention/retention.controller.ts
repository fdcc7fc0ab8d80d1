import { Body, Controller, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Caller } from '#auth';
import { Endpoint, IfPreconditions, listPage, type Preconditions, toPage } from '#http';
import type { Principal, ProjectId } from '#kernel';
import { noQuery } from '../http/context.fields.js';
import {
  putRetentionBody,
  reportResponse,
  retentionParams,
  retentionQuery,
  retentionResponse,
  retentionsResponse,
  runRetentionBody,
  toReportResponse,
  toRetentionResponse,
} from './retention.dto.js';
import { RetentionService } from './retention.service.js';

@Controller('v1/retention')
export class RetentionController {
  constructor(private readonly retention: RetentionService) {}

  @Endpoint('GET ', {
    summary: 'List retention policies',
    access: ['memory:read'],
    response: retentionsResponse,
    tagged: true,
  })
  async list(@Caller() caller: Principal, @Query({ schema: retentionQuery }) query: z.infer<typeof retentionQuery>) {
    return listPage(query, {
      of: ['retention', caller.workspaceId],
      load: async (after: ProjectId | undefined, limit) =>
        toPage(await this.retention.list(caller.workspaceId, after, limit + 1), limit, ({ projectId }): [ProjectId] => [
          projectId,
        ]),
      show: (policies) => policies.map((policy) => toRetentionResponse(policy.project, policy)),
    });
  }

  @Endpoint('GET /:project', {
    summary: 'Read the retention policy of a project; it keeps everything where none was set',
    access: ['memory:read'],
    response: retentionResponse,
  })
  async get(
    @Caller() caller: Principal,
    @Param({ schema: retentionParams }) { project }: z.infer<typeof retentionParams>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const policy = await this.retention.get(caller.workspaceId, project);
    void reply.header('etag', this.retention.tagOf(project, policy));
    return toRetentionResponse(project, policy);
  }

  @Endpoint('PUT /:project', {
    summary: 'Set the retention policy of a project',
    access: ['admin'],
    response: retentionResponse,
  })
  async put(
    @Caller() caller: Principal,
    @Param({ schema: retentionParams }) { project }: z.infer<typeof retentionParams>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
    @Body({ schema: putRetentionBody }) body: z.infer<typeof putRetentionBody>,
    @IfPreconditions() preconditions: Preconditions,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const policy = await this.retention.put(caller.workspaceId, project, body, preconditions);
    void reply.header('etag', this.retention.tagOf(project, policy));
    return toRetentionResponse(project, policy);
  }

  @Endpoint('POST /:project/run', {
    summary: 'Archive and purge what is due by the policy of a project, or show what would be done',
    access: ['admin'],
    status: 200,
    response: reportResponse,
  })
  async run(
    @Caller() caller: Principal,
    @Param({ schema: retentionParams }) { project }: z.infer<typeof retentionParams>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
    @Body({ schema: runRetentionBody }) body: z.infer<typeof runRetentionBody>,
  ) {
    const { workspaceId } = caller;
    const report = body.dryRun
      ? await this.retention.preview(workspaceId, project)
      : await this.retention.run(workspaceId, project);
    return toReportResponse(project, report);
  }
}
