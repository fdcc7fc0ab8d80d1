import { Body, Controller, Query } from '@nestjs/common';
import { z } from 'zod';
import { ApiKeyService, Caller } from '#auth';
import { Endpoint, listPage } from '#http';
import type { Principal, WorkspaceId } from '#kernel';
import { PrincipalLimits, type RateLimitState } from '#throttle';
import { AuditService } from '../audit/audit.service.js';
import { auditQuery, auditResponse, limitsQuery, limitsResponse, resetLimitsBody } from './cache-admin.dto.js';

/** Limits of a credential, and what administrators did. */
@Controller('v1/admin')
export class OperationsController {
  constructor(
    private readonly limits: PrincipalLimits,
    private readonly keys: ApiKeyService,
    private readonly audit: AuditService,
  ) {}

  @Endpoint('GET /cache/rate-limits', {
    summary: 'What is left of the limits of a credential of this workspace',
    access: ['admin'],
    response: limitsResponse,
  })
  async look(
    @Caller() { workspaceId }: Principal,
    @Query({ schema: limitsQuery }) { principal, tier }: z.infer<typeof limitsQuery>,
  ) {
    return this.limitsOf(workspaceId, principal, tier);
  }

  @Endpoint('POST /cache/rate-limits/reset', {
    summary: 'Give a credential all of its limits back',
    access: ['operator'],
    response: limitsResponse,
    status: 200,
  })
  async reset(
    @Caller() caller: Principal,
    @Body({ schema: resetLimitsBody }) { principal, tier, reason }: z.infer<typeof resetLimitsBody>,
  ) {
    const { workspaceId } = caller;
    await this.audit.record(caller, 'limits.reset', reason, { principal });
    await this.limits.reset({ workspaceId, id: principal });
    return this.limitsOf(workspaceId, principal, tier);
  }

  @Endpoint('GET /audit', {
    summary: 'What administrators did, newest first',
    access: ['admin'],
    response: auditResponse,
  })
  async lines(@Caller() caller: Principal, @Query({ schema: auditQuery }) query: z.infer<typeof auditQuery>) {
    return listPage(query, {
      of: ['audit', caller.workspaceId, caller.scopes.has('operator')],
      load: (after: string | undefined, limit) => this.audit.list(caller, after, limit),
      show: (lines) =>
        lines.map(({ id, principalId, action, reason, details, createdAt }) => ({
          id,
          principal: principalId,
          action,
          reason,
          details: { ...details },
          createdAt: createdAt.toISOString(),
        })),
    });
  }

  private async limitsOf(workspaceId: WorkspaceId, principal: string, tier: string | undefined) {
    const known = tier ?? (await this.keys.tierOf(workspaceId, principal));
    const states = await this.limits.look({ workspaceId, id: principal, tier: known });
    return { principal, tier: known ?? null, limits: states.map(toLimit) };
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
