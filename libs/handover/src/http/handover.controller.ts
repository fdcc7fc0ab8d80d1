import { Body, Controller, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Caller } from '#auth';
import { Endpoint, IfPreconditions, listPage, namedId, type Preconditions } from '#http';
import type { HandoverId, Principal, SessionId } from '#kernel';
import { queries, workspaceDeletionTag } from '#cache';
import { DEFAULT_PROJECT } from '#project';
import type { Handover } from '../handover.js';
import { anyHandoverTag, handovers as handoverFamily, handoversTag, handoverTag } from '../handover.cache.js';
import { HandoverService } from '../handover.service.js';
import {
  acknowledgeBody,
  handoverParams,
  handoverPreviewResponse,
  handoverResponse,
  handoversQuery,
  handoversResponse,
  latestQuery,
  latestResponse,
  makeHandoverBody,
  previewQuery,
  toHandoverResponse,
  toNotes,
  toPreviewResponse,
} from './handover.dto.js';

@Controller('v1/handovers')
export class HandoverController {
  constructor(private readonly handovers: HandoverService) {}

  @Endpoint('POST ', {
    body: 'texts',
    summary: 'Make a handover by hand',
    access: ['memory:write'],
    response: handoverResponse,
  })
  async make(
    @Caller() caller: Principal,
    @Body({ schema: makeHandoverBody }) body: z.infer<typeof makeHandoverBody>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const input = {
      project: body.project,
      sessionId: (body.sessionId ?? undefined) as SessionId | undefined,
      notes: toNotes(body),
    };
    return this.tagged(await this.handovers.makeByHand(caller.workspaceId, input), reply);
  }

  @Endpoint('GET ', {
    summary: 'List handovers, newest first',
    access: ['memory:read'],
    response: handoversResponse,
    cache: {
      family: queries.name,
      tags: ({ workspace, query: { project } }) => [
        project === undefined ? anyHandoverTag({ workspace }) : handoversTag({ workspace, project: String(project) }),
        workspaceDeletionTag({ workspace }),
      ],
    },
  })
  async list(@Caller() caller: Principal, @Query({ schema: handoversQuery }) query: z.infer<typeof handoversQuery>) {
    const filter = { project: query.project, sessionId: query.sessionId as SessionId | undefined };
    return listPage(query, {
      of: ['handovers', caller.workspaceId, query.project ?? null, query.sessionId ?? null],
      load: (after: HandoverId | undefined, limit) => this.handovers.list(caller.workspaceId, filter, after, limit),
      show: (handovers) => handovers.map(toHandoverResponse),
    });
  }

  @Endpoint('GET /latest', {
    summary: 'Read the latest handover of a project',
    access: ['memory:read'],
    response: latestResponse,
    cache: {
      family: handoverFamily.name,
      tags: ({ workspace, query: { project = DEFAULT_PROJECT } }) => [
        handoversTag({ workspace, project: String(project) }),
        workspaceDeletionTag({ workspace }),
      ],
    },
  })
  async latest(@Caller() caller: Principal, @Query({ schema: latestQuery }) query: z.infer<typeof latestQuery>) {
    const handover = await this.handovers.findLatest(caller.workspaceId, query.project);
    return { handover: handover === undefined ? null : toHandoverResponse(handover) };
  }

  @Endpoint('GET /preview', {
    summary: 'See what a session would hand over now',
    access: ['memory:read'],
    response: handoverPreviewResponse,
  })
  async preview(@Caller() caller: Principal, @Query({ schema: previewQuery }) query: z.infer<typeof previewQuery>) {
    return toPreviewResponse(await this.handovers.preview(caller.workspaceId, query.sessionId as SessionId));
  }

  @Endpoint('GET /:id', {
    summary: 'Read a handover',
    access: ['memory:read'],
    response: handoverResponse,
    cache: {
      family: handoverFamily.name,
      tags: ({ workspace, params }) => [
        handoverTag({ workspace, id: namedId(params) }),
        workspaceDeletionTag({ workspace }),
      ],
    },
  })
  async get(
    @Caller() caller: Principal,
    @Param({ schema: handoverParams }) params: z.infer<typeof handoverParams>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.tagged(await this.handovers.get(caller.workspaceId, params.id as HandoverId), reply);
  }

  @Endpoint('POST /:id/acknowledge', {
    summary: 'Say that the work is taken over',
    access: ['memory:write'],
    status: 200,
    response: handoverResponse,
  })
  async acknowledge(
    @Caller() caller: Principal,
    @Param({ schema: handoverParams }) params: z.infer<typeof handoverParams>,
    @Body({ schema: acknowledgeBody }) body: z.infer<typeof acknowledgeBody>,
    @IfPreconditions() preconditions: Preconditions,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const by = (body.sessionId ?? undefined) as SessionId | undefined;
    return this.tagged(await this.handovers.acknowledge(caller, params.id as HandoverId, by, preconditions), reply);
  }

  private tagged(handover: Handover, reply: FastifyReply): z.infer<typeof handoverResponse> {
    void reply.header('etag', this.handovers.tagOf(handover));
    return toHandoverResponse(handover);
  }
}
