import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { DomainError } from '#kernel';
import { HealthRegistry, type HealthReport } from '#observability';
import { Endpoint } from '../endpoint/endpoint.decorator.js';

const healthPart = z.object({ status: z.enum(['up', 'degraded', 'down']), detail: z.string().optional() });
const reportSchema = z.object({ status: z.enum(['up', 'degraded', 'down']), parts: z.record(z.string(), healthPart) });
const stateSchema = z.object({ status: z.literal('up') });

@Controller('health')
export class HealthController {
  constructor(private readonly registry: HealthRegistry) {}

  @Endpoint('GET /live', { summary: 'The process runs', access: 'public', response: stateSchema })
  live(): { status: 'up' } {
    return { status: 'up' };
  }

  @Endpoint('GET /ready', { summary: 'The server takes requests', access: 'public', response: stateSchema })
  async ready(): Promise<{ status: 'up' }> {
    if (await this.registry.isReady()) return { status: 'up' };
    throw new DomainError({
      code: 'not-ready',
      kind: 'unavailable',
      detail: 'The server is not ready to take requests.',
      retryAfterSeconds: 1,
    });
  }

  @Endpoint('GET ', { summary: 'Every part, asked now', access: ['admin'], response: reportSchema })
  report(): Promise<HealthReport> {
    return this.registry.report();
  }
}
