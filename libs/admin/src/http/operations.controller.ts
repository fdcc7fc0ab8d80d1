import { Body, Controller, Query } from '@nestjs/common';
import { z } from 'zod';
import { Caller } from '#auth';
import { decodeCursor, encodeCursor, Endpoint } from '#http';
import type { Principal } from '#kernel';
import { Limiter, RateLimits, type RateLimitState, subjectOf } from '#throttle';
import { AuditService } from '../audit/audit.service.js';
import { auditQuery, auditResponse, limitsQuery, limitsResponse, resetLimitsBody } from './cache-admin.dto.js';

const position = z.tuple([z.uuid()]);

/** Limits of a credential, and what administrators did. */
@Controller('v1/admin')
export class OperationsController {
  constructor(
    private readonly limiter: Limiter,
    private readonly limits: RateLimits,
    private readonly audit: AuditService,
  ) {}

  @Endpoint('GET /cache/rate-limits', {
    summary: 'What is left of the limits of a credential of this workspace',
    access: ['admin'],
    response: limitsResponse,
  })
  async look(@Caller() caller: Principal, @Query({ schema: limitsQuery }) { principal }: z.infer<typeof limitsQuery>) {
    const subject = subjectOf({ workspaceId: caller.workspaceId, id: principal });
    const states = await this.limiter.look(subject, this.limits.all(undefined));
    return { principal, limits: states.map(toLimit) };
  }

  @Endpoint('POST /cache/rate-limits/reset', {
    summary: 'Give a credential all of its limits back',
    access: ['operator'],
    response: limitsResponse,
    status: 200,
  })
  async reset(
    @Caller() caller: Principal,
    @Body({ schema: resetLimitsBody }) { principal, reason }: z.infer<typeof resetLimitsBody>,
  ) {
    const subject = subjectOf({ workspaceId: caller.workspaceId, id: principal });
    await this.audit.record(caller, 'limits.reset', reason, { principal });
    await this.limiter.reset(subject, this.limits.all(undefined));
    return { principal, limits: (await this.limiter.look(subject, this.limits.all(undefined))).map(toLimit) };
  }

  @Endpoint('GET /audit', {
    summary: 'What administrators did, newest first',
    access: ['admin'],
    response: auditResponse,
  })
  async lines(@Caller() caller: Principal, @Query({ schema: auditQuery }) query: z.infer<typeof auditQuery>) {
    const list = ['audit', caller.workspaceId];
    const [after] = query.cursor === undefined ? [] : decodeCursor(list, query.cursor, position);
    const page = await this.audit.list(caller.workspaceId, after, query.limit);
    return {
      items: page.items.map(({ id, principalId, action, reason, details, createdAt }) => ({
        id,
        principal: principalId,
        action,
        reason,
        details: { ...details },
        createdAt: createdAt.toISOString(),
      })),
      nextCursor: page.next === undefined ? null : encodeCursor(list, page.next),
    };
  }
}

function toLimit({ limit, remaining, resetMs }: RateLimitState) {
  return {
    name: limit.name,
    limit: limit.limit,
    periodSeconds: limit.periodMs / 1000,
    remaining,
    resetSeconds: Math.ceil(resetMs / 1000),
  };
}
