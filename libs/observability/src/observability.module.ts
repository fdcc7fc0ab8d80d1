import { Global, Module, type OnApplicationShutdown } from '@nestjs/common';
import { LogConfig, TracingConfig } from '#config';
import { HealthRegistry } from './health/health-registry.js';
import { KeepsakeLogger } from './logging/keepsake-logger.js';
import { HttpMetrics } from './metrics/http-metrics.js';
import { ProcessMetrics } from './metrics/process-metrics.js';
import { ScrapedMetrics } from './metrics/scraped-metrics.js';
import { ProviderCalls } from './providers/provider-calls.js';
import { createTracer } from './tracing/create-tracer.js';
import { Tracer } from './tracing/tracer.js';

@Global()
@Module({
  providers: [
    HealthRegistry,
    HttpMetrics,
    ProcessMetrics,
    ProviderCalls,
    { provide: ScrapedMetrics, useFactory: () => new ScrapedMetrics() },
    { provide: Tracer, inject: [TracingConfig, KeepsakeLogger, ScrapedMetrics], useFactory: createTracer },
    { provide: KeepsakeLogger, inject: [LogConfig], useFactory: (config: LogConfig) => new KeepsakeLogger(config) },
  ],
  exports: [HealthRegistry, HttpMetrics, KeepsakeLogger, ProviderCalls, ScrapedMetrics, Tracer],
})
export class ObservabilityModule implements OnApplicationShutdown {
  constructor(private readonly tracer: Tracer) {}

  onApplicationShutdown(): Promise<void> {
    return this.tracer.close();
  }
}
