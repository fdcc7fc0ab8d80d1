import { Controller, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { register } from 'prom-client';
import { ApiOkResponse } from '@nestjs/swagger';
import { z } from 'zod';
import { PrometheusController } from '@willsoto/nestjs-prometheus';
import { Endpoint } from '#http';
import { Clock } from '#kernel';
import { RateLimits } from '#throttle';
import { CacheAdminService } from '../cache/cache-admin.service.js';

const cacheMetricsResponse = z
  .object({
    hits: z.number(),
    misses: z.number(),
    hit_rate: z.number().nullable(),
    errors: z.number(),
    timings: z.object({ p50_ms: z.number().nullable(), p99_ms: z.number().nullable() }),
    api_costs: z.object({ saved_usd: z.number() }),
    rate_limits: z.record(z.string(), z.object({ limit: z.int(), period_seconds: z.number() })),
    timestamp: z.iso.datetime(),
  })
  .meta({ id: 'CacheMetrics' });

/** Prometheus in its text format, of the process that answers; and the short form of what the cache has counted. */
@Controller('metrics')
export class MetricsController extends PrometheusController {
  constructor(
    private readonly admin: CacheAdminService,
    private readonly limits: RateLimits,
    private readonly clock: Clock,
  ) {
    super();
  }

  @Endpoint('GET ', { summary: 'Metrics for Prometheus', access: ['operator'], alsoOpenTo: 'metrics', status: 200 })
  @ApiOkResponse({ description: 'Success', content: { 'text/plain': { schema: { type: 'string' } } } })
  override async index(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    void reply.header('content-type', register.contentType);
    return register.metrics();
  }

  @Endpoint('GET /cache', {
    summary: 'What the cache has counted, of all workspaces, in short',
    access: ['operator'],
    alsoOpenTo: 'metrics',
    response: cacheMetricsResponse,
  })
  async cache() {
    const { totals } = await this.admin.stats('all');
    return {
      hits: totals.hits,
      misses: totals.misses,
      hit_rate: totals.hitRate,
      errors: totals.errors,
      timings: { p50_ms: totals.p50Ms, p99_ms: totals.p99Ms },
      api_costs: { saved_usd: totals.savedUsd },
      rate_limits: Object.fromEntries(
        this.limits.allLimits().map(({ name, limit, periodMs }) => [name, { limit, period_seconds: periodMs / 1000 }]),
      ),
      timestamp: this.clock.now().toISOString(),
    };
  }
}
