import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, register } from 'prom-client';
import { HealthRegistry, runHealthCheck } from '../health/health-registry.js';
import { ScrapedMetrics } from './scraped-metrics.js';

const HEALTH_VALUES = { up: 1, degraded: 0.5, down: 0 } as const;

/** The process itself (memory, processor, event loop, garbage collection), and the health of every part, asked at the scrape. */
@Injectable()
export class ProcessMetrics {
  constructor(metrics: ScrapedMetrics, health: HealthRegistry) {
    // Once in a process, however often an application is started in it.
    if (register.getSingleMetric('process_cpu_seconds_total') === undefined) collectDefaultMetrics({ register });
    metrics.gauge('keepsake_health', 'A part of the product: 1 up, 0.5 degraded, 0 down', () =>
      Promise.all(
        health.registered.map(
          async (source) => [{ part: source.name }, HEALTH_VALUES[(await runHealthCheck(source)).status]] as const,
        ),
      ),
    );
  }
}
