import { Controller, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { Caller } from '#auth';
import { Endpoint } from '#http';
import type { Principal } from '#kernel';
import { noQuery, userParams } from '../profile/profile.dto.js';
import { erasureResponse, requestResponse, toErasureResponse } from './erasure.dto.js';
import { ErasureService } from './erasure.service.js';

@Controller('v1/users/:user')
export class ErasureController {
  constructor(private readonly erasures: ErasureService) {}

  @Endpoint('DELETE ', {
    freeText: 'user',
    summary: 'Erase a user: everything that they wrote, for good, in tables and caches, as a job that proves it',
    access: ['admin'],
    response: requestResponse,
    status: 202,
  })
  async erase(
    @Caller() caller: Principal,
    @Param({ schema: userParams }) { user }: z.infer<typeof userParams>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const erasure = await this.erasures.request(caller, user);
    if (erasure.jobId !== null) void reply.header('location', `/v1/jobs/${erasure.jobId}`);
    return { job: { id: erasure.jobId }, erasure: toErasureResponse(erasure) };
  }

  @Endpoint('GET /erasure', {
    freeText: 'user',
    summary: 'Read the report of the last erasure of a user',
    access: ['admin'],
    response: erasureResponse,
  })
  async report(
    @Caller() { workspaceId }: Principal,
    @Param({ schema: userParams }) { user }: z.infer<typeof userParams>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
  ) {
    return toErasureResponse(await this.erasures.findLatest({ workspaceId, user }));
  }
}
