import { Body, Controller, Query } from '@nestjs/common';
import { z } from 'zod';
import { Caller } from '#auth';
import { Endpoint } from '#http';
import type { Principal } from '#kernel';
import { CheckService } from '../check.service.js';
import { checkBody, checkResponse, toCheckCommand, toCheckResponse } from './check.dto.js';

const noQuery = z.strictObject({});

@Controller('v1/contexts')
export class CheckController {
  constructor(private readonly checks: CheckService) {}

  @Endpoint('POST /check', {
    summary: 'Say what to heed before doing something: relevant contexts, their rules, and which of them it breaks',
    access: ['memory:read'],
    status: 200,
    response: checkResponse,
    onlyReads: true,
    limits: ['reads', 'search'],
  })
  async check(
    @Caller() caller: Principal,
    @Body({ schema: checkBody }) body: z.infer<typeof checkBody>,
    @Query({ schema: noQuery }) _query: z.infer<typeof noQuery>,
  ) {
    return toCheckResponse(await this.checks.check(caller.workspaceId, toCheckCommand(body), caller));
  }
}
