import { Controller, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { DomainError, type Principal } from '#kernel';
import { Endpoint } from '../endpoint/endpoint.decorator.js';
import { HealthChecks, type HealthReport } from './health-checks.js';

const healthPart = z.object({ status: z.enum(['up', 'degraded', 'down']), detail: z.string().optional() });
const reportSchema = z.object({ status: z.enum(['up', 'degraded', 'down']), parts: z.record(z.string(), healthPart) });
const stateSchema = z.object({ status: z.literal('up') });

@Controller('health')
export class HealthController {
  constructor(private readonly health: HealthChecks) {}

  @Endpoint('GET /live', { summary: 'The process runs', access: 'public', response: stateSchema })
  live(): { status: 'up' } {
    return { status: 'up' };
  }

  @Endpoint('GET /ready', { summary: 'The server takes requests', access: 'public', response: stateSchema })
  async ready(): Promise<{ status: 'up' }> {
    if (await this.health.isReady()) return { status: 'up' };
    throw new DomainError({
      code: 'not-ready',
      kind: 'unavailable',
      detail: 'The server is not ready to take requests.',
      retryAfterSeconds: 1,
    });
  }

  @Endpoint('GET ', {
    summary:
      'Every part, asked now, with details for operators; 503 where the server is down, 200 where it is degraded',
    access: ['admin'],
    response: reportSchema,
    alsoStatus: [503],
  })
  async report(
    @Req() { principal }: FastifyRequest & { principal?: Principal },
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<HealthReport> {
    const report = await this.health.report();
    if (report.status === 'down') void reply.status(503);
    return principal?.scopes.has('operator') === true ? report : withoutDetails(report);
  }
}

/** Details describe the whole installation: how much it holds and does is an operator's to know. */
function withoutDetails({ status, parts }: HealthReport): HealthReport {
  return {
    status,
    parts: Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, { status: part.status }])),
  };
}
