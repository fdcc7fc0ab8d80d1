import { Body, Controller, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Caller } from '#auth';
import { decodeCursor, encodeCursor, Endpoint, toPage, IfPreconditions, type Preconditions } from '#http';
import type { Principal, ProjectId } from '#kernel';
import { RetentionService } from '../retention/retention.service.js';
import { noQuery } from './context.fields.js';
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

const position = z.tuple([z.uuid()]);

@Controller('v1/retention')
export class RetentionController {
  constructor(private readonly retention: RetentionService) {}

  @Endpoint('GET ', { summary: 'List retention policies', access: ['memory:read'], response: retentionsResponse })
  async list(@Caller() caller: Principal, @Query({ schema: retentionQuery }) query: z.infer<typeof retentionQuery>) {
    const list = ['retention', caller.workspaceId];
    const [after] = query.cursor === undefined ? [] : decodeCursor(list, query.cursor, position);
    const rows = await this.retention.list(caller.workspaceId, after as ProjectId | undefined, query.limit + 1);
    const page = toPage(rows, query.limit, ({ projectId }): [string] => [projectId]);
    return {
      items: page.items.map((policy) => toRetentionResponse(policy.project, policy)),
      nextCursor: page.next === undefined ? null : encodeCursor(list, page.next),
    };
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
    summary: 'Archive and purge what is due by the policy of a project, or tell what that would be',
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
